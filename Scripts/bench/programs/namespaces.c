// Loads a plugin into namespaces of their own with dlmopen, and crashes below it in a thread.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int (*run[8])(int, int (*)(int));
static int count;

static int host_step(int depth) {
  volatile char room[300];
  memset((char *)room, depth, sizeof room);
  if (depth == 0) *(volatile int *)8 = 1;
  return run[depth % count](depth - 1, host_step) + room[0];
}

static void *work(void *unused) {
  host_step(20);
  return unused;
}

int main(int argc, char **argv) {
  char *bulk = malloc(2 << 20);
  memset(bulk, 5, 2 << 20);
  for (int i = 1; i < argc && count < 8; i++) {
    void *plugin = dlmopen(LM_ID_NEWLM, argv[i], RTLD_NOW);
    if (!plugin) return fprintf(stderr, "%s\n", dlerror()), 1;
    run[count++] = dlsym(plugin, "plugin_run");
  }
  pthread_t thread;
  return count == 0 || pthread_create(&thread, NULL, work, NULL) || pthread_join(thread, NULL);
}
