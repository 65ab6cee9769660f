#!/usr/bin/env bash
# Guess: a program that crashes under qemu-user leaves one core, by qemu and of the program, qemu_NAME_DATE_PID.core; qemu keeps the kernel from
#   one of itself.
# Found: there are two (qemu-user 7.2, Linux 6.18): beside it the kernel's by core_pattern, which is of qemu itself, with qemu's registers,
#   frames and name.
# Here: what a handler or a folder of cores gets of a program for another machine is the wrong one; the right one lies in the folder that
#   the program ran in.
. "$(dirname "$0")/lib.sh"
deb qemu-user=$(apt-cache madison qemu-user | awk '$3 ~ /^1:7\.2\+dfsg-7\+deb12u/ { print $3; exit }')
printf '#include <stdlib.h>\nint main(void){abort();}\n' >"$work/crash.c"
gcc -static -o "$work/crash" "$work/crash.c"
mkdir "$work/cores"
echo "  Linux $(uname -r | cut -d. -f1-2)"
under core_pattern=kernel.core core_uses_pid=0 -- dies "$work/cores" "$work/root/usr/bin/qemu-x86_64" "$work/crash" >/dev/null
expect "cores" "kernel.core qemu_crash_.core" "$(ls "$work/cores" | sed 's/_[0-9]*-[0-9]*_[0-9]*/_/' | xargs)"
expect "name in qemu's" "crash" "$(fields "$work"/cores/qemu* 3 "<40x16s")"
expect "name in the kernel's" "qemu-x86_64" "$(fields "$work/cores/kernel.core" 3 "<40x16s")"
