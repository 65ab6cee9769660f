#!/usr/bin/env bash
# Guess: si_addr of a SIGSEGV is the address that the program touched: 0x4141414141414141 for a pointer that was overwritten
#   with text; and an access that is not aligned as its instruction wants is SIGBUS.
# Found: on x86-64 an address that is not canonical, and a movaps that is not aligned, are general protection faults: the kernel
#   has no address and writes SIGSEGV, si_code 128 (SI_KERNEL), si_addr 0. Read without its code that is a null pointer.
# Here: a fault address of 0 is one only where si_code is 1 or 2; the address is in the registers that the instruction names.
. "$(dirname "$0")/lib.sh"
cat >"$work/crash.c" <<'C'
static char memory[64] __attribute__((aligned(64)));
int main(int count, char **words) {
  if (words[1][0] == 'n') *(volatile char *)0 = 1;
  if (words[1][0] == 'w') *(volatile char *)0x4141414141414141 = 1;
  __asm__ volatile("movaps %0, %%xmm0" : : "m"(memory[1]));
}
C
gcc -w -o "$work/crash" "$work/crash.c"
py pyelftools==0.33
fault() {
  rm -f "$work/core"
  under core_pattern=core -- dies "$work" "$work/crash" "$1" >/dev/null
  python3 - "$work/core" <<'P'
import struct, sys
from elftools.elf.elffile import ELFFile
notes = [n for s in ELFFile(open(sys.argv[1], "rb")).iter_segments("PT_NOTE") for n in s.iter_notes()]
data = next(n["n_descdata"] for n in notes if n["n_type"] == "NT_SIGINFO")
data = data if isinstance(data, bytes) else data.encode("latin-1")
print("signal %d, code %d, address %#x" % (*struct.unpack_from("<i4xi", data), struct.unpack_from("<Q", data, 16)[0]))
P
}
expect "a null pointer" "signal 11, code 1, address 0x0" "$(fault null)"
expect "a wild pointer" "signal 11, code 128, address 0x0" "$(fault wild)"
expect "movaps, not aligned" "signal 11, code 128, address 0x0" "$(fault movaps)"
