// Five threads that block deep in their stacks, and the main one, which crashes below qsort().
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_barrier_t barrier;

__attribute__((noinline)) void block_here(int number) {
  char text[64];
  snprintf(text, sizeof text, "%d", number);
  pthread_barrier_wait(&barrier);
  pause();
}

__attribute__((noinline)) int deep(int depth, int number) {
  volatile char room[256];
  room[0] = (char)depth;
  if (depth == 0) return block_here(number), 0;
  return deep(depth - 1, number) + room[0];
}

static void *work(void *number) {
  deep(30, (int)(long)number);
  return NULL;
}

static int compare(const void *left, const void *right) {
  (void)left, (void)right;
  usleep(200000);
  *(volatile int *)8 = 1;
  return 0;
}

__attribute__((noinline)) void crash_here(int number) {
  int values[2] = {number, 1};
  qsort(values, 2, sizeof *values, compare);
}

__attribute__((noinline)) int sink(int depth) {
  volatile char room[512];
  room[0] = (char)depth;
  if (depth == 0) return crash_here(3), 0;
  return sink(depth - 1) + room[0];
}

int main(void) {
  char *bulk = malloc(4 << 20);
  memset(bulk, 7, 4 << 20);
  pthread_barrier_init(&barrier, NULL, 6);
  pthread_t thread;
  for (long i = 0; i < 5; i++) pthread_create(&thread, NULL, work, (void *)i);
  pthread_barrier_wait(&barrier);
  return sink(20);
}
