#!/usr/bin/env bash
# Guess: objcopy and strip either copy a core as it is (there is nothing to strip) or refuse it.
# Found: GNU objcopy 2.40 ends with 0 and writes a core whose segments all have p_filesz 0, the notes too: eu-readelf finds
#   no note, gdb neither memory nor threads. It warns of "allocated section not in segment", which sounds like cosmetics.
#   llvm-objcopy 19 copies byte for byte.
# Here: a pipeline that strips everything before it is kept destroys cores; the repaired core can't help there.
. "$(dirname "$0")/lib.sh"
deb binutils=2.40-2 binutils-x86-64-linux-gnu=2.40-2 libbinutils=2.40-2 libctf0=2.40-2 llvm-19='1:19.1.7-3~deb12u1' libllvm19='1:19.1.7-3~deb12u1'
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu:$work/root/usr/lib/llvm-19/lib
printf '#include <stdlib.h>\nint main(void){abort();}\n' >"$work/crash.c"
gcc -o "$work/crash" "$work/crash.c"
kernel_core "$work/crash" "$work"
bytes() { readelf -lW "$1" | awk '($1 == "LOAD" || $1 == "NOTE") && $5 !~ /^0x0+$/ { n = 1 } END { print n ? "some" : "none" }'; }
status=0
"$work/root/usr/bin/objcopy" "$work/core" "$work/gnu" 2>"$work/warnings" || status=$?
expect "objcopy 2.40: status, bytes that the headers name" "0 none" "$status $(bytes "$work/gnu")"
expect "threads in the original" "1" "$(readelf -n "$work/core" | grep -c PRSTATUS)"
expect "threads in the copy" "0" "$(readelf -n "$work/gnu" 2>/dev/null | grep -c PRSTATUS || true)"
"$work/root/usr/lib/llvm-19/bin/llvm-objcopy" "$work/core" "$work/llvm"
expect "llvm-objcopy 19" "equal" "$(cmp -s "$work/core" "$work/llvm" && echo equal)"
