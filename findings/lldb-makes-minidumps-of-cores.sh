#!/usr/bin/env bash
# Guess: lldb's `process save-core` wants a living process, as gdb's gcore does; of a core that was loaded it is refused. And if not,
#   --style=full has all that the core has.
# Found: it makes a minidump of a core, with all threads and their registers and the cause. lldb 23.1's has all memory that could be
#   read and none without rights (PROT_NONE), though the core has its bytes; lldb 19's with --style=full has the stacks alone, without
#   a word, and more with --style=modified-memory: all that may be written, not what is read-only.
# Here: a repaired core becomes a file for services that take minidumps alone. By 23.1; and the core is kept.
. "$(dirname "$0")/lib.sh"
deb lldb-19=1:19.1.7-3~deb12u1 liblldb-19=1:19.1.7-3~deb12u1 libllvm19=1:19.1.7-3~deb12u1 libclang-cpp19=1:19.1.7-3~deb12u1
deb gdb=13.1-3
py lldb-for-pwndbg==23.1.0.post2
cat >"$work/crash.c" <<'C'
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#define SIZE (1 << 20)
static void fill(int letter, int rights) {
  char *memory = mmap(0, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(memory, letter, SIZE);
  mprotect(memory, SIZE, rights);
}
int main(void) {
  fill(0xe1, PROT_READ | PROT_WRITE), fill(0xe2, PROT_READ), fill(0xe3, PROT_NONE);
  char stack[65536];
  memset(stack, 0xe4, sizeof stack);
  __asm__ volatile("" ::"r"(stack));
  abort();
}
C
gcc -o "$work/crash" "$work/crash.c"
kernel_core "$work/crash" "$work"
has() { # FILE: which of the four it has
  python3 - "$1" <<'P'
import sys
data = open(sys.argv[1], "rb").read()
words = {0xe1: "writable", 0xe2: "read-only", 0xe3: "without rights", 0xe4: "stack"}
print(", ".join(word for letter, word in words.items() if bytes([letter]) * (65536 if letter == 0xe4 else 1 << 20) in data))
P
}
old() { PYTHONPATH= LD_LIBRARY_PATH=$work/root/usr/lib/llvm-19/lib:$work/root/usr/lib/x86_64-linux-gnu "$work/root/usr/lib/llvm-19/bin/lldb" "$@"; }
new() { "$work/py/bin/lldb" "$@"; }
saved() { # old|new STYLE
  rm -f "$work/dump"
  "$1" -x -b -c "$work/core" "$work/crash" -o "process save-core --style=$2 $work/dump" >/dev/null 2>&1 </dev/null
  has "$work/dump"
}
expect "the core" "writable, read-only, without rights, stack" "$(has "$work/core")"
expect "gdb's gcore of it" "refused" "$("$work/root/usr/bin/gdb" -nx -batch -c "$work/core" "$work/crash" -ex "gcore $work/other" >/dev/null 2>&1 || true
  [[ -e $work/other ]] || echo refused)"
expect "lldb 19, full" "stack" "$(saved old full)"
expect "lldb 19, modified-memory" "writable, stack" "$(saved old modified-memory)"
expect "lldb 23.1, full" "writable, read-only, stack" "$(saved new full)"
expect "its file" MDMP "$(head -c 4 "$work/dump")"
expect "frames of it in lldb 23.1" yes "$(new -x -b -c "$work/dump" "$work/crash" -o bt 2>/dev/null </dev/null | grep -c 'crash`main' | sed 's,^[1-9].*,yes,')"
