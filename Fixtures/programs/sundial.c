// Three threads and a crash that every machine has: a null pointer, for cores of other machines.
//
//   main    pthread_join
//   shadow  creep
//   noon    point: writes through a null pointer
#include <pthread.h>
#include <sched.h>

static volatile int shining = 1, creeping;
static int *volatile gnomon;

__attribute__((noinline)) static long creep(volatile long *angle) {
  creeping = 1;
  while (shining) *angle = *angle * 31 + 7;
  return *angle;
}

static void *cast_shadow(void *unused) {
  volatile long angle = 15;
  creep(&angle);
  return unused;
}

__attribute__((noinline)) static int point(int hour) { return *gnomon = hour; }

__attribute__((noinline)) static int tell(int hours) {
  int told = 0;
  for (int hour = 1; hour <= hours; hour++) told += point(hour);
  return told;
}

static void *strike_noon(void *unused) {
  while (!creeping) sched_yield();
  creeping = tell(12);
  return unused;
}

int main(void) {
  void *(*const jobs[])(void *) = {cast_shadow, strike_noon};
  pthread_t threads[2];
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 128 << 10);
  for (int i = 0; i < 2; i++) pthread_create(&threads[i], &attributes, jobs[i], NULL);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  return 0;
}
