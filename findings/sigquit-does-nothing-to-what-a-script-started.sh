#!/usr/bin/env bash
# Guess: `kill -QUIT PID` makes a program that hangs leave a core, as Ctrl-\ does, if it has no handler of its own.
# Found: what a script has started by `PROGRAM &` ignores SIGQUIT (bash 5.2, dash 0.5.12, busybox 1.35): a shell without job control has such
#   programs ignore it, and execve(2) keeps that; the signal is gone without a trace. SIGABRT works, and so does SIGQUIT from a bash with
#   `set -m`.
# Here: for cores of daemons use `kill -ABRT`; SigIgn in /proc/PID/status has bit 0x4 where SIGQUIT is ignored.
. "$(dirname "$0")/lib.sh"
deb bash=5.2.15-2+b13 dash=0.5.12-2 busybox=1:1.35.0-4+deb12u1+b1
printf '#include <unistd.h>\nint main(void){sleep(2);}\n' >"$work/hang.c"
gcc -o "$work/hang" "$work/hang.c"
mkdir "$work/cores" "$work/bin"
[[ -e $work/root/bin/busybox ]] && ln -s "$work/root/bin/busybox" "$work/bin/sh" || ln -s "$work/root/usr/bin/busybox" "$work/bin/sh"
try() { # SHELL SIGNAL COMMANDS: whether there is a core
  rm -f "$work"/cores/*
  under core_pattern=core -- dies "$work/cores" "$1" -c "$3"' "$0" & sleep 0.5; kill -'"$2"' $!; wait $!' "$work/hang" >/dev/null 2>&1
  [[ -n $(ls "$work/cores") ]] && echo core || echo "no core"
}
for shell in "$(ls "$work"/root/{usr/,}bin/bash 2>/dev/null)" "$(ls "$work"/root/{usr/,}bin/dash 2>/dev/null)" "$work/bin/sh"; do
  name=$(basename "$shell")
  [[ $name != sh ]] || name=busybox
  expect "$name, QUIT" "no core" "$(try "$shell" QUIT "")"
  expect "$name, ABRT" "core" "$(try "$shell" ABRT "")"
done
expect "bash with set -m, QUIT" "core" "$(try "$(ls "$work"/root/{usr/,}bin/bash 2>/dev/null)" QUIT "set -m;")"
