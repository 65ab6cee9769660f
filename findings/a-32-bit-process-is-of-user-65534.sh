#!/usr/bin/env bash
# Guess: NT_PRPSINFO of an i386 process has its user and group as that of an x86-64 process has.
# Found: its fields have 16 bits, and ids above 65,535 become 65534 (Linux 6.18), which is called nobody. The core's file belongs
#   to the right user.
# Here: "user 65534" in a 32-bit core may be anybody that a directory service knows, and is no sign of a sandbox. Needs root.
. "$(dirname "$0")/lib.sh"
printf '.globl _start\n_start: ud2\n' >"$work/program.S"
gcc -m32 -nostdlib -static -o "$work/program" "$work/program.S"
chmod 755 "$work"
mkdir -m 777 "$work/cores"
under core_pattern=core -- dies "$work/cores" setpriv --reuid 70000 --regid 80000 --clear-groups "$work/program" >/dev/null
mv "$work"/cores/core* "$work/core"
expect "the file's user and group" "70000 80000" "$(stat -c '%u %g' "$work/core")"
expect "NT_PRPSINFO" "uid: 65534, gid: 65534" "$(eu-readelf -n "$work/core" | grep -oE 'uid: [0-9]+, gid: [0-9]+')"
