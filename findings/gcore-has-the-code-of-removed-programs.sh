#!/usr/bin/env bash
# Guess: where a program's file has been removed or replaced (an upgrade), its code is in no core: both the kernel and gcore leave
#   file-backed code out, and gcore goes by the same coredump_filter.
# Found: gdb's gcore (13.1 and 18.1) writes all of a mapping whose file is "(deleted)", as if it were anonymous; the kernel
#   (6.18) leaves the code out, and then it is nowhere.
# Here: after an upgrade, a core by gcore can be unwound and disassembled without the old package, one by the kernel can't. Bit 2 of
#   coredump_filter is what brings it there.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3
py gdb-for-pwndbg==18.1.0.post1
cat >"$work/program.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
__attribute__((noinline)) static void code(void) { __asm__ volatile(".rept 16384\nnop\n.endr"); }
int main(int count, char **words) {
  code();
  unlink(words[0]);
  if (count > 1) abort();
  puts("ready");
  fflush(stdout);
  pause();
}
C
gcc -o "$work/original" "$work/program.c"
code() { python3 -c 'import sys; print("there" if b"\x90" * 16384 in open(sys.argv[1], "rb").read() else "not there")' "$1"; }
cp "$work/original" "$work/program"
under core_pattern=core -- dies "$work" "$work/program" abort >/dev/null
mv "$work"/core* "$work/dump"
expect "the kernel's: code" "not there" "$(code "$work/dump")"
cp "$work/original" "$work/program"
"$work/program" >"$work/out" &
id=$!
until [[ -s $work/out ]]; do sleep 0.1; done
for gdb in "$work/root/usr/bin/gdb" "$work/py/bin/gdb"; do
  "$gdb" -nx -batch -p "$id" -ex "gcore $work/gcore" >/dev/null 2>&1
  expect "$("$gdb" -nx --version | head -n 1): code" "there" "$(code "$work/gcore")"
  rm "$work/gcore"
done
