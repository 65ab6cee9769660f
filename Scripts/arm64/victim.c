// One process of six threads, and four ways for it to end: victim null|overflow|handler|abort.
//
//   null      main writes through a null pointer
//   overflow  a thread calls itself until its stack is full
//   handler   so too, but a handler on a stack of its own takes the signal and raises it again
//   abort     a thread gives up
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t bell = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t all_here;
static sem_t never;
static int pipe_ends[2];
static int *volatile nothing;
static volatile long spun;
static const char *way;

#define APART __attribute__((noinline))

APART static void arrive(void) { pthread_barrier_wait(&all_here); }

APART static int write_to(int *place, int value) {
  *place = value;
  return value + 1;
}
APART static int write_all(int count) {
  int sum = 0;
  for (int i = 0; i < count; i++) sum += write_to(nothing, i);
  return sum;
}

APART static long descend(long depth) {
  volatile char room[1500];
  room[depth % sizeof room] = 1;
  return depth < 0 ? depth : descend(depth + 1) + room[0];
}

APART static void on_fault(int signal_number) {
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}
APART static long descend_with_handler(void) {
  stack_t own = {.ss_sp = malloc(64 << 10), .ss_size = 64 << 10};
  sigaltstack(&own, NULL);
  struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK | SA_NODEFER};
  sigaction(SIGSEGV, &action, NULL);
  return descend(0) + 1;
}

APART static void give_up(const char *why) {
  if (way == why) abort();
  pause();
}

static void *dies(void *unused) {
  arrive();
  // What others wait in is to stand on their stacks first.
  usleep(500000);
  if (!strcmp(way, "overflow")) spun = descend(0);
  if (!strcmp(way, "handler")) spun = descend_with_handler();
  if (!strcmp(way, "abort")) give_up(way);
  pause();
  return unused;
}

APART static void wait_for_bell(int times) {
  pthread_mutex_lock(&door);
  for (int i = 0; i < times; i++) pthread_cond_wait(&bell, &door);
  pthread_mutex_unlock(&door);
}
static void *waits(void *unused) {
  arrive();
  wait_for_bell(3);
  return unused;
}

APART static long take_one(sem_t *from) {
  sem_wait(from);
  return 1;
}
static void *takes(void *unused) {
  arrive();
  spun += take_one(&never);
  return unused;
}

APART static int read_one(int end) {
  char byte = 0;
  return read(end, &byte, 1) == 1 ? byte : -1;
}
static void *reads(void *unused) {
  arrive();
  spun += read_one(pipe_ends[0]);
  return unused;
}

// Calls nothing and saves no return address, which is in a register alone.
APART static long spin(long turns) {
  for (; turns; turns++) spun += turns;
  return spun;
}
static void *spins(void *unused) {
  arrive();
  spun = spin(1) + 1;
  return unused;
}

int main(int count, char **words) {
  if (count != 2 || pipe(pipe_ends)) return 64;
  way = words[1];
  sem_init(&never, 0, 0);
  void *(*const jobs[])(void *) = {waits, takes, dies, reads, spins};
  enum { jobs_count = sizeof jobs / sizeof *jobs };
  pthread_t threads[jobs_count];
  pthread_barrier_init(&all_here, NULL, jobs_count + 1);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 192 << 10);
  for (int i = 0; i < jobs_count; i++) pthread_create(&threads[i], &attributes, jobs[i], NULL);
  arrive();
  usleep(500000);
  if (!strcmp(way, "null")) spun = write_all(3);
  for (int i = 0; i < jobs_count; i++) pthread_join(threads[i], NULL);
  return 0;
}
