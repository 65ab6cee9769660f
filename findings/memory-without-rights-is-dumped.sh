#!/usr/bin/env bash
# Guess: memory that is PROT_NONE when the process dies is in no core: nobody can read it.
# Found: the kernel (6.18) and gdb's gcore (13.1 and 18.1) dump it as any other, if it was written before. The kernel's segment has
#   no rights (p_flags 0); gcore's may be read.
# Here: runtimes protect memory to catch accesses to it (safepoints, collectors, allocators in debug mode). A segment's rights
#   don't say whether it has bytes, and in a core by gcore they aren't those that the process had.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3
py gdb-for-pwndbg==18.1.0.post1
cat >"$work/program.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
int main(int count, char **words) {
  char *memory = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(memory, 'M', 8192);
  mprotect(memory, 8192, PROT_NONE);
  if (count > 1) abort();
  puts("ready");
  fflush(stdout);
  pause();
}
C
gcc -o "$work/program" "$work/program.c"
pages() { # CORE: how many of the mapping's pages it has, and what the segment's rights are
  python3 - "$1" <<'P'
import struct, sys
data = open(sys.argv[1], "rb").read()
table, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
for i in range(count):
    kind, rights, offset, _, _, size = struct.unpack_from("<IIQQQQ", data, table + 56 * i)
    found = data[offset:offset + size].count(b"M" * 4096) if kind == 1 else 0
    if found: print(f"{found} pages, rights {rights}")
P
}
under core_pattern=core -- dies "$work" "$work/program" abort >/dev/null
mv "$work"/core* "$work/dump"
expect "the kernel" "2 pages, rights 0" "$(pages "$work/dump")"
"$work/program" >"$work/out" &
id=$!
until [[ -s $work/out ]]; do sleep 0.1; done
for gdb in "$work/root/usr/bin/gdb" "$work/py/bin/gdb"; do
  "$gdb" -nx -batch -p "$id" -ex "gcore $work/gcore" >/dev/null 2>&1
  expect "$("$gdb" -nx --version | head -n 1)" "2 pages, rights 4" "$(pages "$work/gcore")"
  rm "$work/gcore"
done
kill "$id"
