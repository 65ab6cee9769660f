#!/usr/bin/env bash
# Guess: lldb's `process save-core FILE` saves all memory, as gdb's gcore does; a style is given to
#   have less.
# Found: lldb 19 without --style saves the threads' stacks and nothing else, without a word; a pointer into the heap leads nowhere.
#   With --style=full it has all. lldb 23.1 has all without it.
# Here: such a file wasn't cut. Scripts should say --style=full.
. "$(dirname "$0")/lib.sh"
deb lldb-19=1:19.1.7-3~deb12u1 liblldb-19=1:19.1.7-3~deb12u1 libllvm19=1:19.1.7-3~deb12u1 libclang-cpp19=1:19.1.7-3~deb12u1
py lldb-for-pwndbg==23.1.0.post2
cat >"$work/program.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(void) {
  char *memory = malloc(1 << 20);
  memset(memory, 'M', 1 << 20);
  puts("ready");
  fflush(stdout);
  pause();
  return memory[0];
}
C
gcc -o "$work/program" "$work/program.c"
"$work/program" >"$work/out" &
id=$!
until [[ -s $work/out ]]; do sleep 0.1; done
old() { PYTHONPATH= LD_LIBRARY_PATH=$work/root/usr/lib/llvm-19/lib:$work/root/usr/lib/x86_64-linux-gnu "$work/root/usr/lib/llvm-19/bin/lldb" "$@"; }
heap() { # LLDB STYLE...
  local lldb=$1
  shift
  "$lldb" -x -b -p "$id" -o "process save-core $* $work/dump" -o detach </dev/null >/dev/null 2>&1
  python3 -c 'import sys; print("there" if b"M" * 1000000 in open(sys.argv[1], "rb").read() else "not there")' "$work/dump"
  rm "$work/dump"
}
expect "lldb 19: heap" "not there" "$(heap old)"
expect "lldb 19, --style=full" "there" "$(heap old --style=full)"
expect "lldb 23.1" "there" "$(heap "$work/py/bin/lldb")"
