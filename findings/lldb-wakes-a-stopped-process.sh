#!/usr/bin/env bash
# Guess: whoever attaches to a process that was stopped (SIGSTOP, Ctrl-Z), saves its core and detaches, leaves it stopped.
# Found: gdb 13.1's gcore and eu-stack 0.188 -p do. After lldb 19 and 23.1 (`lldb -p`, with process save-core or without, then detach,
#   with --keep-stopped true in 23.1 as well) it runs on.
# Here: a process that was stopped to keep the state of a fault for later is past it once lldb has looked at it; gcore first.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3 elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1 \
  lldb-19=1:19.1.7-3~deb12u1 liblldb-19=1:19.1.7-3~deb12u1 libllvm19=1:19.1.7-3~deb12u1 libclang-cpp19=1:19.1.7-3~deb12u1
py lldb-for-pwndbg==23.1.0.post2
old() { PYTHONPATH= LD_LIBRARY_PATH=$work/root/usr/lib/llvm-19/lib:$work/root/usr/lib/x86_64-linux-gnu "$work/root/usr/lib/llvm-19/bin/lldb" "$@"; }
elf() { LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu "$@"; }
sleep 1000 &
id=$!
after() { # COMMAND...: the state of the stopped process when it is done
  kill -STOP "$id"
  until grep -q 'State:.*T (stopped)' "/proc/$id/status"; do sleep 0.1; done
  "$@" </dev/null >/dev/null 2>&1
  sleep 0.5
  sed -n 's/^State:.*(\(.*\))/\1/p' "/proc/$id/status"
}
expect "gcore 13.1" "stopped" "$(after "$work/root/usr/bin/gcore" -o "$work/core" "$id")"
expect "eu-stack 0.188" "stopped" "$(after elf "$work/root/usr/bin/eu-stack" -p "$id")"
expect "lldb 19" "sleeping" "$(after old -x -b -p "$id" -o "process save-core --style=full $work/dump" -o detach)"
expect "lldb 23.1" "sleeping" "$(after "$work/py/bin/lldb" -x -b -p "$id" -o "process save-core --style=full $work/dump" -o detach)"
expect "lldb 23.1, no dump" "sleeping" "$(after "$work/py/bin/lldb" -x -b -p "$id" -o detach)"
expect "lldb 23.1, --keep-stopped" "sleeping" "$(after "$work/py/bin/lldb" -x -b -p "$id" -o "detach --keep-stopped true")"
