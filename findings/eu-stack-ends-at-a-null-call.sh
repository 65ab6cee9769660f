#!/usr/bin/env bash
# Guess: after a call of a null function pointer every debugger shows frame 0 at address 0 and its caller above it: the return
#   address lies right at sp.
# Found: eu-stack 0.188 shows frame 0 alone and says "address out of range", for it unwinds by a module's tables and no module is
#   there. gdb 13.1 and 18.1 and lldb 23.1 show the caller.
# Here: a frame less than due isn't lost memory; logs of tools that are built on elfutils have no trace of the most ordinary crash.
. "$(dirname "$0")/lib.sh"
deb elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1 gdb=13.1-3
py gdb-for-pwndbg==18.1.0.post1 lldb-for-pwndbg==23.1.0.post2
cat >"$work/crash.c" <<'C'
static void (*volatile nothing)(void);
__attribute__((noinline)) void caller(void) {
  nothing();
  __asm__ volatile("");
}
int main(void) {
  caller();
  return 1;
}
C
gcc -O1 -fno-optimize-sibling-calls -o "$work/crash" "$work/crash.c"
kernel_core "$work/crash" "$work"
caller() { grep -oE '\bcaller\b|out of range' | head -n 1; }
for gdb in "$work/root/usr/bin/gdb" "$work/py/bin/gdb"; do
  expect "$("$gdb" -nx --version | head -n 1)" "caller" "$("$gdb" -nx -batch -c "$work/core" "$work/crash" -ex bt 2>/dev/null | caller)"
done
expect "lldb 23.1" "caller" "$("$work/py/bin/lldb" -x -b -c "$work/core" "$work/crash" -o bt </dev/null 2>/dev/null | caller)"
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu
expect "eu-stack 0.188" "out of range" "$("$work/root/usr/bin/eu-stack" --core "$work/core" -e "$work/crash" 2>&1 | caller)"
