#!/usr/bin/env bash
# Guess: where a core's SIGSEGV is SEGV_MAPERR ("address not mapped"), the core has no memory at the address.
# Found: if the address is in a guard that madvise installed (MADV_GUARD_INSTALL, Linux 6.13; the stacks of glibc 2.42 and
#   later), the core has a segment there which may be read and written, and it reads as zeros, like memory never touched.
# Here: that is how a full stack is told, and such a segment holds the stacks of many threads: its end is none of theirs.
. "$(dirname "$0")/lib.sh"
cat >"$work/guard.c" <<'C'
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
int main(void) {
  char *memory = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(memory, 0x55, 3 * 4096);
  if (madvise(memory + 4096, 4096, 102)) return 1;
  memory[4096] = 1;
}
C
gcc -o "$work/guard" "$work/guard.c"
kernel_core "$work/guard" "$work"
seen=$(python3 - "$work/core" <<'P'
import struct, sys
data = open(sys.argv[1], "rb").read()
table, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
entries = [struct.unpack_from("<IIQQQQQ", data, table + 56 * i) for i in range(count)]
notes = entries[0]
at, end = notes[2], notes[2] + notes[5]
while at < end:
    name, size, kind = struct.unpack_from("<III", data, at)
    start = at + 12 + (name + 3) // 4 * 4
    if kind == 0x53494749:  # NT_SIGINFO
        code, address = struct.unpack_from("<i", data, start + 8)[0], struct.unpack_from("<Q", data, start + 16)[0]
    at = start + (size + 3) // 4 * 4
print("SEGV_MAPERR" if code == 1 else code)
for kind, flags, offset, start, _, size, _ in entries:
    if kind == 1 and start <= address < start + size:
        place = offset + address - start
        print("rw segment" if flags & 7 == 6 else flags, data[place - 1], data[place:place + 4096].count(0), data[place + 4096])
P
)
expect "the fault, and the core at its address" "SEGV_MAPERR
rw segment 85 4096 85" "$seen"
