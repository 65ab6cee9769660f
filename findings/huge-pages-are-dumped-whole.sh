#!/usr/bin/env bash
# Guess: pages that a process never touched are holes in the kernel's core, page by page, and count for no limit.
# Found: where the kernel gave transparent huge pages, one byte that was written makes 2 MiB of the file: zeros that nobody wrote are
#   written out (Linux 6.18). A byte in every 2 MiB of 64 MiB is 64 MiB on the disk and of RLIMIT_CORE, and 128 KiB without huge
#   pages. With transparent_hugepage=always, as some distributions have it, that is so for every large heap.
# Here: the same program on another machine has a core twenty times the size, and one that is cut where the other was whole.
. "$(dirname "$0")/lib.sh"
cat >"$work/crash.c" <<'C'
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#define SIZE (64 << 20)
int main(int count, char **words) {
  char *memory = mmap((void *)0x40000000, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  madvise(memory, SIZE, count > 1 ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  for (int i = 0; i < SIZE; i += 2 << 20) memory[i] = 'M';
  abort();
}
C
gcc -o "$work/crash" "$work/crash.c"
mib() { # [WORD]: MiB on the disk of the core of the program that is given that word
  rm -f "$work"/core*
  under core_pattern=core -- dies "$work" "$work/crash" "$@" >/dev/null
  du -m "$work"/core* | cut -f 1
}
expect "small pages, MiB" 1 "$(mib)"
expect "huge pages" 65 "$(mib huge)"
