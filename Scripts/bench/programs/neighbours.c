// Threads whose stacks are neighbours in one mapping, with guards that are no mappings of their own, as glibc 2.42 and later
// makes them. One of them crashes, or fills its stack ("full").
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { THREADS = 5, CRASHER = 2, GUARD = 4096, SIZE = 128 << 10, INSTALL_GUARD = 102 };

static pthread_barrier_t barrier;
static int fills;

__attribute__((noinline)) int fill(int depth) {
  volatile char room[100];
  room[0] = (char)depth;
  return fill(depth + 1) + room[0];
}

__attribute__((noinline)) int deep(int depth, long number) {
  volatile char room[500];
  memset((char *)room, depth, sizeof room);
  if (depth > 0) return deep(depth - 1, number) + room[0];
  pthread_barrier_wait(&barrier);
  if (number != CRASHER) pause();
  usleep(200000);
  if (fills) return fill(0);
  *(volatile int *)8 = 1;
  return 0;
}

static void *work(void *number) {
  deep(10 + 10 * (int)(long)number, (long)number);
  return NULL;
}

int main(int argc, char **argv) {
  (void)argv;
  fills = argc > 1;
  char *stacks = mmap(NULL, THREADS * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  pthread_barrier_init(&barrier, NULL, THREADS + 1);
  for (long i = 0; i < THREADS; i++) {
    pthread_attr_t attributes;
    pthread_t thread;
    char *stack = stacks + i * SIZE;
    pthread_attr_init(&attributes);
    if (madvise(stack, GUARD, INSTALL_GUARD) || pthread_attr_setstack(&attributes, stack, SIZE) ||
        pthread_create(&thread, &attributes, work, (void *)i))
      return 2;
  }
  pthread_barrier_wait(&barrier);
  pause();
}
