#!/usr/bin/env bash
# Guess: of a private mapping of a file the dump holds the pages that the process has changed; the others can be read again
#   from the file.
# Found: the kernel (6.18) decides for the mapping as a whole. One byte written, and all of it is in the core, pristine pages
#   too; none written, and nothing of it is. A 20 GiB index that is mapped privately and patched in one place makes a dump
#   20 GiB larger, and a debugger's breakpoint does the same to a library's code.
# Here: a segment that was dumped whole doesn't say that its bytes differ from the file's.
. "$(dirname "$0")/lib.sh"
cat >"$work/crash.c" <<'C'
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
static volatile char *map(char kind) {
  char name[] = {kind, 0}, word[] = "private-page-?;";
  word[13] = kind;
  int file = open(name, O_CREAT | O_RDWR, 0600);
  for (int i = 0; i < 256; i++) if (pwrite(file, word, 15, i * 4096l) != 15) _exit(2);
  return mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
}
int main(void) {
  volatile char *written = map('W'), *read = map('R');
  written[100] = read[100] + 1;
  abort();
}
C
gcc -o "$work/crash" "$work/crash.c"
kernel_core "$work/crash" "$work"
pages() { grep -a -o "private-page-$1;" "$work/core" | wc -l; }
echo "  Linux $(uname -r | cut -d. -f1-2)"
expect "pages of the mapping with one byte written" 256 "$(pages W)"
expect "pages of the mapping that was only read" 0 "$(pages R)"
