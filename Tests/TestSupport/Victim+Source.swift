extension Victim {
  /// Prints a line for each area ("area bulk ADDRESS LENGTH") and each thread ("thread 2 LWP
  /// MARKER", where MARKER is the address of the text in its innermost frame), and crashes.
  static let source = #"""
    #define _GNU_SOURCE
    #include <pthread.h>
    #include <stdatomic.h>
    #include <stdint.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/mman.h>
    #include <sys/syscall.h>
    #include <unistd.h>

    struct who { int index; long tid; volatile char *marker; };

    static struct who people[64];
    static int count, depth, crasher;
    static atomic_int arrived;
    char initialized_data[] = "coresalvage victim: initialized data";
    char *heap_blocks[4096];

    /* Different for every word, and never zero. */
    static void fill(void *start, size_t length, uint64_t seed) {
      uint64_t *word = start;
      for (size_t i = 0; i < length / 8; i++)
        word[i] = (seed ^ (i * 0x9e3779b97f4a7c15u)) | 0x0101010101010101u;
    }

    /* Once a thread has counted itself, it can only sleep in pause. */
    static void wait_for_others(struct who *me) {
      for (int i = 0; i <= count; i++) {
        char path[64], line[512], state = 0;
        if (i == me->index) continue;
        while (state != 'S') {
          usleep(1000);
          if (atomic_load(&arrived) < count) continue;
          snprintf(path, sizeof path, "/proc/self/task/%ld/stat", people[i].tid);
          FILE *stat = fopen(path, "r");
          if (stat && fgets(line, sizeof line, stat)) state = strrchr(line, ')')[2];
          if (stat) fclose(stat);
        }
      }
    }

    static __attribute__((noinline)) int crash_here(struct who *me) {
      wait_for_others(me);
      for (int i = 0; i <= count; i++)
        printf("thread %d %ld %#lx\n", i, people[i].tid, (unsigned long)people[i].marker);
      fflush(stdout);
      *(volatile int *)16 = me->index;
      return 1;
    }

    static __attribute__((noinline)) int block_here(struct who *me) {
      atomic_fetch_add(&arrived, 1);
      for (;;) pause();
      return me->index;
    }

    static int last(struct who *me) {
      return me->index == crasher ? crash_here(me) : block_here(me);
    }

    #define LEVEL(n, next)                                                       \
      static __attribute__((noinline)) int level_##n(struct who *me) {           \
        volatile char marker[32];                                                \
        snprintf((char *)marker, sizeof marker, "thread %d level %d", me->index, n); \
        me->marker = marker;                                                     \
        int result = depth > n ? next(me) : last(me);                            \
        return result + marker[0];                                               \
      }

    LEVEL(9, last) LEVEL(8, level_9) LEVEL(7, level_8) LEVEL(6, level_7) LEVEL(5, level_6)
    LEVEL(4, level_5) LEVEL(3, level_4) LEVEL(2, level_3) LEVEL(1, level_2)

    static void *begin(void *me) {
      ((struct who *)me)->tid = syscall(SYS_gettid);
      level_1(me);
      return NULL;
    }

    static void *area(const char *name, size_t length) {
      void *start = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (start == MAP_FAILED) exit(2);
      printf("area %s %#lx %#lx\n", name, (unsigned long)start, (unsigned long)length);
      return start;
    }

    int main(int argc, char **argv) {
      if (argc != 7) return 2;
      count = atoi(argv[1]);
      depth = atoi(argv[2]);
      size_t bulk_size = strtoul(argv[3], NULL, 0), heap_size = strtoul(argv[4], NULL, 0);
      crasher = atoi(argv[6]);

      for (size_t i = 0; i < heap_size / 16384 && i < 4096; i++) {
        heap_blocks[i] = malloc(16384);
        fill(heap_blocks[i], 16384, 1000 + i);
      }
      if (heap_size >= 16384) printf("area heap %#lx 0x4000\n", (unsigned long)heap_blocks[0]);
      char *bulk = area("bulk", bulk_size);
      for (size_t page = 0; page < bulk_size / 4096; page++) {
        if (page % 16 == 15) memset(bulk + page * 4096, 0, 4096);
        else if (page % 16 < 13) fill(bulk + page * 4096, 4096, page + 1);
      }
      area("untouched", 1 << 20);
      printf("area data %#lx %#lx\n", (unsigned long)initialized_data, sizeof initialized_data);

      pthread_attr_t attributes;
      pthread_attr_init(&attributes);
      pthread_attr_setstacksize(&attributes, strtoul(argv[5], NULL, 0));
      for (int i = 0; i <= count; i++) people[i].index = i;
      for (int i = 1; i <= count; i++) {
        pthread_t thread;
        if (pthread_create(&thread, &attributes, begin, &people[i])) return 3;
      }
      begin(&people[0]);
    }

    """#
}
