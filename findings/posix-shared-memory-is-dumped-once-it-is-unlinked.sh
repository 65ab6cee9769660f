#!/usr/bin/env bash
# Guess: memory by shm_open is shared memory without a file on disk, so that the default coredump_filter (0x33: anonymous
#   private and shared) has it in the core, like memfd, System V and MAP_ANONYMOUS|MAP_SHARED.
# Found: the kernel (6.18) asks whether the inode still has a name. As long as /dev/shm/NAME exists the mapping counts as
#   file-backed shared memory and none of it is dumped; after shm_unlink all of it is. The same goes for a regular file
#   that is mapped shared: after unlink its pages are in the core. memfds never had a name.
# Here: shared memory that is missing was never in the dump, not lost; bit 3 of coredump_filter brings it.
. "$(dirname "$0")/lib.sh"
cat >"$work/crash.c" <<'C'
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
static void fill(int file, char kind) {
  char word[] = "shared-memory-?;";
  word[14] = kind;
  if (ftruncate(file, 1 << 20)) _exit(2);
  char *memory = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  for (int i = 0; i < 1 << 20; i += 4096) memcpy(memory + i, word, 16);
}
int main(void) {
  fill(shm_open("/finding-named", O_CREAT | O_RDWR, 0600), 'N');
  fill(shm_open("/finding-unlinked", O_CREAT | O_RDWR, 0600), 'U');
  shm_unlink("/finding-unlinked");
  fill(memfd_create("m", 0), 'M');
  fill(open("kept", O_CREAT | O_RDWR, 0600), 'F');
  fill(open("gone", O_CREAT | O_RDWR, 0600), 'G');
  unlink("gone");
  abort();
}
C
gcc -o "$work/crash" "$work/crash.c"
echo 0x33 >/proc/self/coredump_filter
kernel_core "$work/crash" "$work"
rm -f /dev/shm/finding-named
pages() { grep -a -o "shared-memory-$1;" "$work/core" | wc -l; }
echo "  Linux $(uname -r | cut -d. -f1-2)"
expect "pages of shm_open, still named" 0 "$(pages N)"
expect "pages of shm_open, unlinked" 256 "$(pages U)"
expect "pages of memfd_create" 256 "$(pages M)"
expect "pages of a file, still named" 0 "$(pages F)"
expect "pages of a file, unlinked" 256 "$(pages G)"
