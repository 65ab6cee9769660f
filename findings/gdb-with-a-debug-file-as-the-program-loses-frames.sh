#!/usr/bin/env bash
# Guess: `gdb PROGRAM.debug CORE`, with the file that objcopy --only-keep-debug or a -dbg package has of it, gives at least the backtrace
#   that the program gives, for it has symbols, lines and everything else but the code.
# Found: gdb 13.1 and 18.1 name none of the program's functions and show words of the stack as frames, to the last one at 0: the file's tables
#   for unwinding are empty sections. eu-stack 0.188 shows all of them.
# Here: give gdb the program, stripped or not, and the debug file by `symbol-file`, or by its build-id below a debug-file-directory.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3 elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
py gdb-for-pwndbg==18.1.0.post1
cat >"$work/crash.c" <<'C'
#include <stdlib.h>
static void inner(void) { abort(); }
static void outer(void) { inner(); }
int main(void) { outer(); }
C
gcc -g -O0 -o "$work/crash" "$work/crash.c"
objcopy --only-keep-debug "$work/crash" "$work/crash.debug"
strip "$work/crash"
kernel_core "$work/crash" "$work"
mv "$work/crash" "$work/program"
names() { grep -oE ' (inner|outer|main)( \(|$)' | tr -d ' (' | xargs; }
for version in 13.1 18.1; do
  gdb=$work/root/usr/bin/gdb
  [[ $version == 13.1 ]] || gdb=$work/py/bin/gdb
  seen=$("$gdb" -nx -batch "$work/crash.debug" -c "$work/core" -ex bt 2>/dev/null)
  expect "gdb $version, the debug file" "" "$(names <<<"$seen")"
  expect "gdb $version, its last frame" "0x0000000000000000" "$(grep '^#' <<<"$seen" | awk 'END { print $2 }')"
  expect "gdb $version, the program and symbol-file" "inner outer main" \
    "$("$gdb" -nx -batch "$work/program" -c "$work/core" -ex "symbol-file $work/crash.debug" -ex bt 2>/dev/null | names)"
done
expect "eu-stack 0.188, the debug file" "inner outer main" \
  "$(LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu "$work/root/usr/bin/eu-stack" --core "$work/core" -e "$work/crash.debug" 2>/dev/null | names)"
