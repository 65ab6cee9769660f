#!/usr/bin/env bash
# Guess: eu-elfcmp, which compares "relevant parts of two ELF files for equality", tells two cores of different memory apart.
# Found: it compares headers and the contents of sections. A core by the kernel has no sections, so that the status is 0
#   though every byte of the memory differs.
# Here: it is no judge for a repaired core; cmp over the segments is.
. "$(dirname "$0")/lib.sh"
deb elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu
printf '#include <stdlib.h>\nchar m[1<<16]="first"; int main(void){abort();}\n' >"$work/crash.c"
gcc -o "$work/crash" "$work/crash.c"
kernel_core "$work/crash" "$work"
python3 - "$work/core" "$work/other" <<'P'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
table, = struct.unpack_from("<Q", data, 32)
count, = struct.unpack_from("<H", data, 56)
start = min(struct.unpack_from("<Q", data, table + 56 * i + 8)[0] for i in range(count)
            if struct.unpack_from("<I", data, table + 56 * i)[0] == 1)
data[start:] = bytes(byte ^ 255 for byte in data[start:])
open(sys.argv[2], "wb").write(data)
P
status=0
"$work/root/usr/bin/eu-elfcmp" "$work/core" "$work/other" || status=$?
cmp -s "$work/core" "$work/other" && differ=no || differ=yes
expect "elfutils 0.188, status; whether they differ" "0 yes" "$status $differ"
