#!/usr/bin/env bash
# Guess: `gdb -batch -c FILE -ex 'info threads'` ends with another status than 0 where FILE is refused as no core.
# Found: the status is that of the last command alone (gdb 13.1 and 18.1). "info threads" without a process prints
#   "No threads." and is no error, so that the status is 0; without any -ex it is 1.
# Here: a script that tests cores by gdb's status passes those that gdb never opened; look for the threads in its words.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3
py gdb-for-pwndbg==18.1.0.post1
a_core "$work/core"
old=$work/root/usr/bin/gdb
for gdb in "$old" "$work/py/bin/gdb"; do
  status() { local status=0; "$gdb" -nx -batch "$@" >/dev/null 2>&1 || status=$?; echo "$status"; }
  "$gdb" -nx --version | head -n 1
  expect "a program in place of a core" "1" "$(status -c "$work/sleeper")"
  expect "the same and 'info threads'" "0" "$(status -c "$work/sleeper" -ex 'info threads')"
  expect "a core, and a command that fails" "1" "$(status -c "$work/core" -ex 'x/x 0')"
  expect "the same, and one that doesn't" "0" "$(status -c "$work/core" -ex 'x/x 0' -ex 'print 1')"
done
