#!/usr/bin/env bash
# Guess: the name in NT_PRPSINFO of a core by gcore is what the kernel would write there, /proc/PID/comm, or the program's file name.
# Found: it is what stands behind the last slash of the first argument (gdb 13.1 and 18.1). Servers write their state there: a process
#   "sshd: user@pts/0" is called "0", "postgres: … 10.0.0.1/32" is called "32".
# Here: cores by gcore that are sorted by this name end up under numbers; AT_EXECFN and NT_FILE have the program.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3
py gdb-for-pwndbg==18.1.0.post1
cat >"$work/server.c" <<'C'
#include <stdio.h>
#include <unistd.h>
int main(void) {
  puts("ready");
  fflush(stdout);
  pause();
}
C
gcc -o "$work/server" "$work/server.c"
(exec -a 'sshd: user@pts/0' "$work/server") >"$work/out" &
id=$!
until [[ -s $work/out ]]; do sleep 0.1; done
"$work/root/usr/bin/gcore" -o "$work/core" "$id" >/dev/null 2>&1
"$work/py/bin/gdb" -nx -batch -p "$id" -ex "gcore $work/core.18" >/dev/null 2>&1
expect "/proc/PID/comm" "server" "$(<"/proc/$id/comm")"
expect "gcore 13.1" "0" "$(fields "$work/core.$id" 3 "<40x16s")"
expect "gdb 18.1" "0" "$(fields "$work/core.18" 3 "<40x16s")"
kill "$id"
wait "$id" 2>/dev/null || true
