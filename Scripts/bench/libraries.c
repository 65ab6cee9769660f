// A process with as many libraries and threads as it is told: libraries FOLDER COUNT THREADS. It crashes.
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *work(void *unused) {
  pause();
  return unused;
}

int main(int argc, char **argv) {
  if (argc < 4) return 64;
  for (int i = 0; i < atoi(argv[2]); i++) {
    char name[4096];
    snprintf(name, sizeof name, "%s/lib%d.so", argv[1], i);
    if (!dlopen(name, RTLD_NOW)) return fprintf(stderr, "%s\n", dlerror()), 1;
  }
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 65536);
  for (int i = 0; i < atoi(argv[3]); i++) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, work, NULL)) return 1;
  }
  usleep(200000);
  *(volatile int *)8 = 1;
}
