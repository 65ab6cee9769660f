// A shared library of our own, so that a test can rely on having exactly the file that was mapped:
// the C library of whoever runs the tests is another one than that of the cores.
#include "liboven.h"

#include <math.h>

double oven_temperature = 21.5;

static double oven_step(double target) {
  oven_temperature += (target - oven_temperature) / 64;
  return target - oven_temperature;
}

// Spins here, in the library's text, until the shop closes.
static void oven_settle(double target, volatile int *open) {
  while (*open) oven_step(target);
}

void oven_regulate(double target, volatile int *open) {
  oven_temperature += cos(target);  // libm, which is mapped for this line alone
  oven_settle(target, open);
}
