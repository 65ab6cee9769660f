#!/usr/bin/env bash
# Guess: gcore leaves pages that were never touched out of the file, as the kernel's dump does.
# Found: gdb 13.1 writes every zero of them: 256 MiB that a process only reserved are 256 MiB on the disk, and the copy reads
#   them into the process's page tables. gdb 18.1 leaves holes.
# Here: "untouched memory is there as zeros" tells a pipe from a file only where the kernel wrote the core.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3
py gdb-for-pwndbg==18.1.0.post1
cat >"$work/reserver.c" <<'C'
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
int main(void) {
  mmap(0, 256l << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  puts("ready");
  fflush(stdout);
  pause();
}
C
gcc -o "$work/reserver" "$work/reserver.c"
old=$work/root/usr/bin/gdb
for gdb in "$old" "$work/py/bin/gdb"; do
  "$work/reserver" >/dev/null &
  id=$!
  sleep 0.3
  "$gdb" -nx --version | head -n 1
  "$gdb" -nx -batch -p "$id" -ex "gcore $work/core" >/dev/null 2>&1
  kill "$id"
  used=$(($(stat -c '%b' "$work/core") / 2048))
  [[ $gdb == "$old" ]] && wanted="256 MiB or more" || wanted="less than 16 MiB"
  expect "on disk" "$wanted" "$( ((used >= 256)) && echo "256 MiB or more" || { ((used < 16)) && echo "less than 16 MiB" || echo "$used MiB"; })"
  rm -f "$work/core"
done
