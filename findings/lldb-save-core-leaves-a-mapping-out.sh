#!/usr/bin/env bash
# Guess: lldb's `process save-core --style=full` has all memory that can be read; a page that can't be is missing, or zeros.
# Found: lldb 19 and 23.1 read a mapping as one piece, and where any page of it can't be read they leave the whole mapping out,
#   without a word. 8 MiB with one guard page by madvise (MADV_GUARD_INSTALL, Linux 6.13; glibc 2.42 has one at the bottom of
#   every thread's stack) are not in the minidump at all. Without the guard they are.
# Here: memory that is missing in a minidump by lldb wasn't lost afterwards. Needs Linux 6.13.
. "$(dirname "$0")/lib.sh"
deb lldb-19=1:19.1.7-3~deb12u1 liblldb-19=1:19.1.7-3~deb12u1 libllvm19=1:19.1.7-3~deb12u1 libclang-cpp19=1:19.1.7-3~deb12u1
py lldb-for-pwndbg==23.1.0.post2
cat >"$work/program.c" <<'C'
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
int main(int count, char **words) {
  char *memory = mmap(0, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(memory, 'M', 8 << 20);
  if (count > 1 && madvise(memory + (4 << 20), 4096, 102 /* MADV_GUARD_INSTALL */)) return 1;
  puts("ready");
  fflush(stdout);
  pause();
}
C
gcc -o "$work/program" "$work/program.c"
pages() { # LLDB WORDS...: pages of the memory that are in its minidump of the program with these words
  local lldb=$1
  shift
  "$work/program" "$@" >"$work/out" &
  local id=$!
  until [[ -s $work/out ]]; do sleep 0.1; done
  "$lldb" -x -b -p "$id" -o "process save-core --plugin-name=minidump --style=full $work/dump" -o detach >/dev/null 2>&1
  kill "$id"
  python3 -c 'import sys; print(open(sys.argv[1], "rb").read().count(b"M" * 4096), "pages")' "$work/dump"
  rm "$work/dump" "$work/out"
}
old() { PYTHONPATH= LD_LIBRARY_PATH=$work/root/usr/lib/llvm-19/lib:$work/root/usr/lib/x86_64-linux-gnu "$work/root/usr/lib/llvm-19/bin/lldb" "$@"; }
for lldb in old "$work/py/bin/lldb"; do
  expect "$("$lldb" --version 2>/dev/null | head -n 1)" "2048 pages" "$(pages "$lldb")"
  expect "with a guard in it" "0 pages" "$(pages "$lldb" guard)"
done
