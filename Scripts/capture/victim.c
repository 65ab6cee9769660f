// victim THREADS MIB LIST: fills memory of many kinds with a pattern that tells its address, lists the ranges in LIST, and
// waits for a signal to crash with. With "check CORE LIST" it says how many listed bytes a core lacks or has wrong.
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { mega = 1 << 20 };
static FILE *list;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t ready;

static uint64_t pattern(uint64_t address) { return address * 0x9e3779b97f4a7c15u + 1; }

static void fill(const char *name, void *start, size_t size) {
  for (size_t offset = 0; offset < size; offset += 8)
    *(uint64_t *)((char *)start + offset) = pattern((uintptr_t)start + offset);
  pthread_mutex_lock(&lock);
  fprintf(list, "%s %lx %zu\n", name, (unsigned long)start, size);
  pthread_mutex_unlock(&lock);
}

__attribute__((noinline)) static void innermost(void) {
  pthread_barrier_wait(&ready);
  for (;;) pause();
}

__attribute__((noinline)) static void deeper(int depth) {
  volatile char frame[2048];
  frame[0] = (char)depth;
  if (depth > 0) deeper(depth - 1);
  else innermost();
  frame[1] = frame[0];
}

static void *work(void *unused) {
  (void)unused;
  char buffer[16384] __attribute__((aligned(4096)));
  fill("stack", buffer, sizeof buffer);
  deeper(8);
  return (void *)(uintptr_t)buffer[0];
}

static void *map(size_t size, int flags, int file) {
  void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, file, 0);
  if (start == MAP_FAILED) exit(3);
  return start;
}

static int check(const char *core, const char *ranges) {
  int file = open(core, O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) return 3;
  const unsigned char *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  const Elf64_Ehdr *header = (const void *)bytes;
  const Elf64_Phdr *table = (const void *)(bytes + header->e_phoff);
  unsigned long missing = 0, wrong = 0, total = 0, address, size;
  char name[64];
  FILE *input = fopen(ranges, "r");
  while (input && fscanf(input, "%63s %lx %lu", name, &address, &size) == 3) {
    for (uint64_t at = address, end = address + size; at < end;) {
      const Elf64_Phdr *found = NULL;
      for (int index = 0; index < header->e_phnum; index++)
        if (table[index].p_type == PT_LOAD && at >= table[index].p_vaddr && at < table[index].p_vaddr + table[index].p_filesz)
          found = &table[index];
      total += 8;
      if (!found) {
        missing += 8;
        at += 8;
        continue;
      }
      uint64_t stop = found->p_vaddr + found->p_filesz;
      if (stop > end) stop = end;
      const unsigned char *place = bytes + found->p_offset + (at - found->p_vaddr);
      for (total -= 8; at < stop; at += 8, place += 8, total += 8) {
        uint64_t value;
        memcpy(&value, place, 8);
        wrong += value == pattern(at) ? 0 : 8;
      }
    }
  }
  printf("%lu missing, %lu wrong of %lu\n", missing, wrong, total);
  return missing || wrong;
}

int main(int count, char **words) {
  if (count == 4 && strcmp(words[1], "check") == 0) return check(words[2], words[3]);
  if (count != 4) return 64;
  int threads = atoi(words[1]);
  char name[4096];
  snprintf(name, sizeof name, "%s.new", words[3]);
  list = fopen(name, "w");
  if (!list) return 3;
  size_t size = strtoul(words[2], NULL, 10) * mega;
  if (size) fill("anonymous", map(size, MAP_PRIVATE | MAP_ANONYMOUS, -1), size);
  size = 4 * mega;
  map(size, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  fill("shared", map(size, MAP_SHARED | MAP_ANONYMOUS, -1), size);
  int memory = memfd_create("memory", 0);
  if (ftruncate(memory, 64 * mega) != 0) return 3;
  fill("memfd", map(size, MAP_SHARED, memory), size);
  map(64 * mega, MAP_SHARED, memory);
  fill("copied", map(size, MAP_PRIVATE, memory), size);
  void *huge = map(8 * mega, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  huge = (void *)(((uintptr_t)huge + 2 * mega - 1) & ~(uintptr_t)(2 * mega - 1));
  madvise(huge, 4 * mega, MADV_HUGEPAGE);
  fill("thp", huge, 4 * mega);
  void *secret = map(mega, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  memcpy(secret, "SECRET-THAT-STAYS-OUT", 22);
  madvise(secret, mega, MADV_DONTDUMP);
  pthread_barrier_init(&ready, NULL, (unsigned)threads + 1);
  for (int index = 0; index < threads; index++) {
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 128 << 10);
    if (pthread_create(&thread, &attributes, work, NULL) != 0) return 3;
  }
  pthread_barrier_wait(&ready);
  usleep(20000);
  fclose(list);
  rename(name, words[3]);
  for (;;) pause();
}
