#!/usr/bin/env bash
# Guess: the core of a program that is linked to musl, as in Alpine's containers, gives the same frames as one of glibc: abort() and
#   what called it.
# Found: musl is built without unwind tables. gdb 13.1 and 18.1 guess, show raise() and then two invented frames, and
#   never the program's own functions; eu-stack 0.188 stops at frame 0 of every thread that is in musl, which are all that wait;
#   lldb 19 and 23.1 too, unless the program is static and has symbols: then they name all, by reading the code. (musl 1.2.3.) A
#   thread that faulted in the program's own code is whole in all of them.
# Here: lost frames in such a core are no damage, and nothing that is put back brings them. Debug information of musl, which has
#   such tables, or a static program that isn't stripped, in lldb, does.
. "$(dirname "$0")/lib.sh"
deb musl=1.2.3-1 musl-dev=1.2.3-1 gdb=13.1-3 elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
deb lldb-19=1:19.1.7-3~deb12u1 liblldb-19=1:19.1.7-3~deb12u1 libllvm19=1:19.1.7-3~deb12u1 libclang-cpp19=1:19.1.7-3~deb12u1
py gdb-for-pwndbg==18.1.0.post1 lldb-for-pwndbg==23.1.0.post2
cat >"$work/crash.c" <<'C'
#include <stdlib.h>
__attribute__((noinline)) void inner(int way) {
  if (way > 1) *(volatile int *)0 = 1;
  abort();
}
int main(int count, char **words) {
  inner(count);
  __asm__ volatile("");
}
C
lib=$work/root/usr/lib/x86_64-linux-musl so=$work/root/lib/x86_64-linux-musl/libc.so
gcc -O1 -nostdinc -isystem "$work/root/usr/include/x86_64-linux-musl" -c -o "$work/crash.o" "$work/crash.c"
gcc -nostdlib -pie -o "$work/dynamic" -Wl,--dynamic-linker="$so" "$lib/Scrt1.o" "$lib/crti.o" "$work/crash.o" "$so" -lgcc "$lib/crtn.o"
gcc -nostdlib -static -o "$work/static" "$lib/crt1.o" "$lib/crti.o" "$work/crash.o" "$lib/libc.a" -lgcc "$lib/crtn.o"
old() { PYTHONPATH= LD_LIBRARY_PATH=$work/root/usr/lib/llvm-19/lib:$work/root/usr/lib/x86_64-linux-gnu "$work/root/usr/lib/llvm-19/bin/lldb" "$@"; }
# all PROGRAM [WORD]: the program's own functions that gdb 13.1, gdb 18.1, eu-stack, lldb 19 and lldb 23.1 name, in that order.
all() {
  local core=$work/cores/core program=$work/$1 words
  rm -rf "$work/cores"
  mkdir "$work/cores"
  under core_pattern=core core_uses_pid=0 -- dies "$work/cores" "$program" "${@:2}" >/dev/null
  for reader in gdb13 gdb18 eu-stack lldb19 lldb23; do
    case $reader in
      gdb13) words=$("$work/root/usr/bin/gdb" -nx -batch -c "$core" "$program" -ex bt 2>/dev/null | grep '^#') ;;
      gdb18) words=$("$work/py/bin/gdb" -nx -batch -c "$core" "$program" -ex bt 2>/dev/null | grep '^#') ;;
      eu-stack) words=$("$work/root/usr/bin/eu-stack" --core "$core" -e "$program" 2>/dev/null | grep '^#') ;;
      lldb19) words=$(old -x -b -c "$core" "$program" -o bt 2>/dev/null </dev/null | grep 'frame #') ;;
      lldb23) words=$("$work/py/bin/lldb" -x -b -c "$core" "$program" -o bt 2>/dev/null </dev/null | grep 'frame #') ;;
    esac
    printf '%s ' "$(grep -oE '\b(inner|main)\b' <<<"$words" | uniq | head -n 2 | paste -s -d + | grep . || echo -)"
  done
}
expect "a fault in the program's own code" "inner+main inner+main inner+main inner+main inner+main " "$(all dynamic fault)"
expect "abort(), dynamic" "- - - - - " "$(all dynamic)"
expect "abort(), static" "- - - inner+main inner+main " "$(all static)"
