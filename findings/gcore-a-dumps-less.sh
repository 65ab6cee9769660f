#!/usr/bin/env bash
# Guess: `gcore -a`, "dump all memory mappings", has all that gcore without it has and more: the code of libraries, and whatever
#   coredump_filter leaves out.
# Found: it turns use of coredump_filter off, and gdb 13.1 and 18.1 then take 0x33 in its place, whatever the process has: of one with
#   0x7f, which asks for all, file-backed memory and the code are in gcore's core, and not in that of gcore -a. What -a has more is
#   memory with MADV_DONTDUMP. So code is in no core by -a.
# Here: the way to a core with all is `echo 0x7f >/proc/PID/coredump_filter` and gcore without -a.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3
py gdb-for-pwndbg==18.1.0.post1
cat >"$work/program.c" <<'C'
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
static char letters[65536];
int main(int count, char **words) {
  memset(letters, 'F', sizeof letters);
  int file = open(words[1], O_RDWR | O_CREAT, 0600);
  if (write(file, letters, sizeof letters) < 0) return 1;
  mmap(0, sizeof letters, PROT_READ, MAP_SHARED, file, 0);
  memset(letters, 'A', sizeof letters);
  char *kept = mmap(0, sizeof letters, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(kept, 'D', sizeof letters);
  madvise(kept, sizeof letters, MADV_DONTDUMP);
  puts("ready");
  fflush(stdout);
  pause();
}
C
gcc -w -o "$work/program" "$work/program.c"
"$work/program" "$work/file" >"$work/out" &
id=$!
until [[ -s $work/out ]]; do sleep 0.1; done
echo 0x7f >"/proc/$id/coredump_filter"
program=$(readelf -x .text "$work/program" | awk 'NR == 3 { print $2 $3 $4 $5 }')
has() { # CORE: pages of the file and of the excluded memory, and whether the code is there
  python3 - "$1" "$program" <<'P'
import sys
data = open(sys.argv[1], "rb").read()
print(data.count(b"F" * 4096), "of the file,", data.count(b"D" * 4096), "excluded,",
      "code" if bytes.fromhex(sys.argv[2]) in data else "no code")
P
}
"$work/root/usr/bin/gcore" -o "$work/core" "$id" >/dev/null 2>&1
expect "gcore 13.1" "16 of the file, 0 excluded, code" "$(has "$work/core.$id")"
"$work/root/usr/bin/gcore" -a -o "$work/core" "$id" >/dev/null 2>&1
expect "gcore 13.1 -a" "0 of the file, 16 excluded, no code" "$(has "$work/core.$id")"
# What gcore and gcore -a say to gdb.
"$work/py/bin/gdb" -nx -batch -p "$id" -ex "gcore $work/core.18" >/dev/null 2>&1
expect "gdb 18.1" "16 of the file, 0 excluded, code" "$(has "$work/core.18")"
"$work/py/bin/gdb" -nx -batch -p "$id" -ex "set use-coredump-filter off" -ex "set dump-excluded-mappings on" -ex "gcore $work/core.18" >/dev/null 2>&1
expect "gdb 18.1 as by -a" "0 of the file, 16 excluded, no code" "$(has "$work/core.18")"
kill "$id"
