// Three threads on small stacks, for small cores: built static at a fixed address, and for 32 bits.
//
//   main      pthread_join
//   pendulum  swing
//   chime     strike_hour: a division by zero
#include <pthread.h>
#include <unistd.h>

enum { stack_bytes = 64 << 10 };

static volatile int running = 1, swinging;
static volatile int hours_left;

__attribute__((noinline)) static long swing(volatile long *angle) {
  while (running) *angle = -*angle;
  return *angle;
}

static void *drive_pendulum(void *unused) {
  volatile long angle = 15;
  swinging = 1;
  swing(&angle);
  return unused;
}

__attribute__((noinline)) static int strike_hour(int bell) { return bell / hours_left; }

__attribute__((noinline)) static int ring_bells(int bells) {
  int rung = 0;
  for (int bell = 1; bell <= bells; bell++) rung += strike_hour(bell);
  return rung;
}

static void *chime(void *unused) {
  while (!swinging) usleep(1000);
  usleep(20000);  // until the pendulum swings
  hours_left = ring_bells(12);
  return unused;
}

int main(void) {
  pthread_t threads[2];
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  pthread_create(&threads[0], &attributes, drive_pendulum, NULL);
  pthread_create(&threads[1], &attributes, chime, NULL);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  return 0;
}
