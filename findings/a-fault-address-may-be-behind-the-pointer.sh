#!/usr/bin/env bash
# Guess: si_addr of a SIGSEGV with code 1 or 2 is the address that the instruction was given: the pointer's, with its index.
# Found: it is the first byte that couldn't be had (x86-64, Linux 6.18): where a load of 8, 16 or 32 bytes begins in a page that is there and
#   ends in one that isn't, si_addr is the beginning of the second page, up to 31 bytes behind the pointer.
# Here: a fault at an address that ends in 000, which no register and no variable has, is an access over the end of what it was given, as a
#   loop of vector instructions makes it; the pointer lies shortly before.
. "$(dirname "$0")/lib.sh"
cat >"$work/crash.c" <<'C'
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
int main(int count, char **words) {
  char *end = (char *)0x700000001000;
  mmap(end - 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  char *pointer = end - atoi(words[1]);
  __asm__ volatile("movdqu (%0), %%xmm0" : : "r"(pointer) : "xmm0");
}
C
gcc -w -o "$work/crash" "$work/crash.c"
mkdir "$work/cores"
echo "  Linux $(uname -r | cut -d. -f1-2)"
for before in 0 1 15; do
  rm -f "$work"/cores/*
  under core_pattern=core -- dies "$work/cores" "$work/crash" "$before" >/dev/null
  expect "16 bytes from $before before the end of the page" "signal 11, code 1, address 0x700000001000" "$(origin "$work"/cores/*)"
done
