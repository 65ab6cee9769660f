#!/usr/bin/env bash
# Guess: where a stack overflows, NT_SIGINFO has si_addr near sp, whether the program has a handler for SIGSEGV that writes a line
#   to a log or not.
# Found: with a handler and no stack of its own for it (sigaltstack), the kernel can't write the handler's frame and sends another
#   SIGSEGV in place of the first: si_code 128 (SI_KERNEL), si_addr 0, and not a line in the kernel's log (Linux 6.18).
#   The handler never ran. Without it: si_code 1 and the stack's address.
# Here: a fault at 0 with code 128 isn't a wild pointer alone. sp tells: it lies at the lower end of the stack, or below it.
. "$(dirname "$0")/lib.sh"
cat >"$work/crash.c" <<'C'
#include <signal.h>
#include <unistd.h>
static void handler(int number) { write(1, "handled\n", 8), signal(number, SIG_DFL); }
__attribute__((noinline)) static int deeper(int n) {
  volatile char room[200];
  room[0] = n;
  return deeper(n + 1) + room[0];
}
int main(int count, char **words) {
  if (count > 1) signal(SIGSEGV, handler);
  return deeper(count);
}
C
gcc -O0 -o "$work/crash" "$work/crash.c" 2>/dev/null
# said [WORD]: si_code and where si_addr and sp lie, of the core of the program that is given that word.
said() {
  rm -f "$work"/core*
  under core_pattern=core -- dies "$work" "$work/crash" "$@" >/dev/null
  python3 - "$work"/core* <<'P'
import struct, sys
data = open(sys.argv[1], "rb").read()
count, = struct.unpack_from("<H", data, 56)
entries = [struct.unpack_from("<IIQQQQQ", data, 64 + 56 * i) for i in range(count)]
at, end = entries[0][2], entries[0][2] + entries[0][5]
while at < end:
    name, length, kind = struct.unpack_from("<3I", data, at)
    note = at + 12 + (name + 3) // 4 * 4
    at = note + (length + 3) // 4 * 4
    if kind == 1: sp, = struct.unpack_from("<Q", data, note + 112 + 19 * 8)
    if kind == 0x53494749: code, address = struct.unpack_from("<8xi4xQ", data, note)
# The main stack is the last but the vsyscall page.
bottom = max(e[3] for e in entries if e[3] < 1 << 63)
near = lambda value: "at the stack's end" if abs(value - bottom) < 8192 else hex(value)
print(f"code {code}, address {near(address)}, sp {near(sp)}")
P
}
expect "without a handler" "code 1, address at the stack's end, sp at the stack's end" "$(said)"
expect "with a handler" "code 128, address 0x0, sp at the stack's end" "$(said handler)"
