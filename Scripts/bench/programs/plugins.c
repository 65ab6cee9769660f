// Loads its plugins with dlopen, and crashes below them in a thread, whose stack lies before the link map.
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int (*run[4])(int, int (*)(int));
static int count;

int host_step(int depth) {
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
  char *bulk = malloc(8 << 20);
  memset(bulk, 5, 8 << 20);
  for (int i = 1; i < argc && count < 4; i++) {
    void *plugin = dlopen(argv[i], RTLD_NOW);
    if (!plugin) return fprintf(stderr, "%s\n", dlerror()), 1;
    run[count++] = dlsym(plugin, "plugin_run");
  }
  pthread_t thread;
  return count == 0 || pthread_create(&thread, NULL, work, NULL) || pthread_join(thread, NULL);
}
