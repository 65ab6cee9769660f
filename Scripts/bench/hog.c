// Fills memory and dies, so that the kernel writes a core of about the size asked for:
//
//   hog MIB dense   every page touched: records, text, noise, and zero pages in runs of many lengths
//   hog MIB holes   the same, and about half of it never touched, in pieces of 64 KiB to 16 MiB
//   hog MIB sparse  one page touched in every 64 MiB
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { page = 4096 };

static uint64_t state = 0x9E3779B97F4A7C15;

static uint64_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

// Pointers, counters and small numbers, as heaps hold them.
static void fill_records(unsigned char *at) {
  uint64_t *words = (uint64_t *)at;
  for (int i = 0; i < page / 8; i += 4) {
    words[i] = 0x7f0000000000 + (next_random() & 0xffffff0);
    words[i + 1] = i;
    words[i + 2] = 0;
    words[i + 3] = next_random() & 0xff;
  }
}

static void fill_text(unsigned char *at) {
  static const char line[] = "GET /index.html HTTP/1.1 200 ok, served in a moment\n";
  for (int i = 0; i < page; i++) at[i] = line[i % (sizeof line - 1)];
  *(uint64_t *)at = next_random();
}

static void fill_noise(unsigned char *at) {
  for (int i = 0; i < page / 8; i++) ((uint64_t *)at)[i] = next_random();
}

// Touched, and zero all the same.
static void fill_zeros(unsigned char *at) { *(volatile unsigned char *)at = 0; }

static void fill(unsigned char *memory, size_t bytes, int holes) {
  void (*const kinds[])(unsigned char *) = {fill_records, fill_text, fill_noise, fill_zeros};
  size_t at = 0;
  while (at < bytes) {
    void (*kind)(unsigned char *) = kinds[next_random() % 4];
    size_t run = page << (next_random() % 9);  // up to 1 MiB of one kind
    for (size_t end = at + run; at < end && at < bytes; at += page) kind(memory + at);
    if (holes && next_random() % 16 == 0) at += (size_t)65536 << (next_random() % 9);
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return 64;
  size_t bytes = (size_t)atol(argv[1]) << 20;
  unsigned char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return 1;
  madvise(memory, bytes, MADV_NOHUGEPAGE);  // a huge page would fill the holes
  if (strcmp(argv[2], "sparse") == 0)
    for (size_t at = 0; at < bytes; at += (size_t)64 << 20) fill_records(memory + at);
  else
    fill(memory, bytes, strcmp(argv[2], "holes") == 0);
  abort();
}
