#!/usr/bin/env bash
# Guess: with a sysroot lldb takes libraries from there, and one that is missing there stays without names; at the least not
#   one with another build-id than that in the core.
# Found: lldb (23.1, and Debian's 19) takes the file that has the library's path on the machine where it runs, although the
#   core holds the build-id of another, and shows functions that were never called. gdb takes nothing from outside its sysroot.
# Here: run-lldb of a bundle takes such modules out again (SBTarget.RemoveModule), after which their frames have no names.
. "$(dirname "$0")/lib.sh"
py lldb-for-pwndbg==23.1.0.post2
home=$work/home sysroot=$work/sysroot
mkdir -p "$home" "$sysroot$home"
cat >"$work/right.c" <<'C'
#include <stdlib.h>
int right(int depth) { volatile int room[16]; room[0] = depth; if (depth == 0) abort(); return right(depth - 1) + room[0]; }
int enter(int depth) { return right(depth) + 1; }
C
cat >"$work/wrong.c" <<'C'
int wrong(int depth) { volatile int room[64]; for (int i = 0; i < 64; i++) room[i] = depth + i * 3; return room[depth & 63]; }
int enter(int depth) { return wrong(depth) + wrong(depth + 1) + wrong(depth + 2) + wrong(depth + 3) + wrong(depth + 4); }
C
printf 'int enter(int);\nint main(void){return enter(3);}\n' >"$work/main.c"
gcc -O0 -shared -fPIC -Wl,--build-id -o "$home/libit.so" "$work/right.c"
gcc -O0 -o "$home/program" "$work/main.c" "$home/libit.so"
kernel_core "$home/program" "$work"
cp "$home/program" "$sysroot$home/"
gcc -O0 -shared -fPIC -Wl,--build-id -o "$home/libit.so" "$work/wrong.c"
names() { # COMMAND...
  lldb -b -x -O "platform select --sysroot \"$sysroot\" remote-linux" -c "$work/core" "$sysroot$home/program" "$@" \
    -o 'thread backtrace' 2>&1 | grep -oE 'libit.so`[a-z]+' | sort -u | tr '\n' ' '
}
found=$(names)
expect "functions of another build that lldb shows" yes "$([[ $found == *'`wrong'* || $found == *'`enter'* ]] && echo yes || echo "no: $found")"
drop='script _ = [lldb.target.RemoveModule(m) for m in list(lldb.target.module_iter()) if m.file.basename == "libit.so"]'
expect "the same without that module" "" "$(names -o "$drop")"
