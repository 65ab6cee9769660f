// Moves its own code, or all of itself ("all"), into memory of no file, as programs do that want huge pages, and crashes.
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *what;

/* The new pages have the place of the old: what runs here goes on where it was. */
static int move(struct dl_phdr_info *info, size_t size, void *unused) {
  (void)size, (void)unused;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *load = &info->dlpi_phdr[i];
    if (load->p_type != PT_LOAD || (!(load->p_flags & PF_X) && strcmp(what, "all"))) continue;
    char *start = (char *)((info->dlpi_addr + load->p_vaddr) & ~4095ul);
    size_t length = (info->dlpi_addr + load->p_vaddr + load->p_filesz + 4095 - (size_t)start) & ~4095ul;
    char *copy = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(copy, start, length);
    int rights = (load->p_flags & PF_R ? PROT_READ : 0) | (load->p_flags & PF_W ? PROT_WRITE : 0) |
                 (load->p_flags & PF_X ? PROT_EXEC : 0);
    if (mprotect(copy, length, rights) ||
        mremap(copy, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, start) != start)
      exit(2);
  }
  return 1;
}

__attribute__((noinline)) int deep(int depth) {
  volatile char room[200];
  memset((char *)room, depth, sizeof room);
  if (depth == 0) *(volatile int *)8 = 1;
  return deep(depth - 1) + room[0];
}

static int compare(const void *left, const void *right) {
  (void)left, (void)right;
  return deep(20);
}

static void *work(void *unused) {
  int values[2] = {2, 1};
  qsort(values, 2, sizeof *values, compare);
  return unused;
}

int main(int argc, char **argv) {
  char *bulk = malloc(2 << 20);
  memset(bulk, 5, 2 << 20);
  what = argc > 1 ? argv[1] : "code";
  dl_iterate_phdr(move, NULL);
  pthread_t thread;
  return pthread_create(&thread, NULL, work, NULL) || pthread_join(thread, NULL);
}
