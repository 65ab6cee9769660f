#!/usr/bin/env bash
# Guess: gdb prints a thread's own variable (__thread, thread_local, errno) of a core of a static program as of any other, for the program
#   has its symbols and the core the memory and the thread's register for it.
# Found: gdb 13.1 says "Cannot find thread-local variables on this target" of static programs; 18.1 prints those of one that is linked for
#   one place, and says "Unable to determine TLS module id" of a static-pie. lldb 23.1 says "out of scope" of both. Of the same
#   program linked dynamically, all three print it.
# Here: the variable is in the core all the same: on x86-64 it lies below $fs_base, as far as nm and PT_TLS say.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3
py gdb-for-pwndbg==18.1.0.post1 lldb-for-pwndbg==23.1.0.post2
cat >"$work/crash.c" <<'C'
#include <stdlib.h>
__thread int mine = 5;
int main(void) {
  mine = 77;
  abort();
}
C
for case in "dynamic:-pie:77:77:77" "static:-static:Cannot find thread-local variables on this target:77:<out of scope>" \
  "static-pie:-static-pie:Cannot find thread-local variables on this target:Unable to determine TLS module id:<out of scope>"; do
  IFS=: read -r name option old new lldb <<<"$case"
  gcc -g "$option" -o "$work/crash" "$work/crash.c"
  rm -f "$work/core"
  kernel_core "$work/crash" "$work"
  value() { "$1" -nx -batch "$work/crash" -c "$work/core" -ex "print mine" 2>&1 | tail -n 1 | sed 's/.* = //'; }
  expect "$name, gdb 13.1" "$old" "$(value "$work/root/usr/bin/gdb")"
  expect "$name, gdb 18.1" "$new" "$(value "$work/py/bin/gdb")"
  expect "$name, lldb 23.1" "$lldb" \
    "$("$work/py/bin/lldb" -b -Q -o "target create $work/crash --core $work/core" -o "target variable mine" 2>&1 | sed -n 's/.*mine = //p')"
done
