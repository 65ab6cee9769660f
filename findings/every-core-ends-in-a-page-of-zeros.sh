#!/usr/bin/env bash
# Guess: the last segment of an x86-64 core, [vsyscall] at 0xffffffffff600000, has the page's three stubs, as it has in gdb's view of a
#   living process on older kernels; a file that ends in zeros is one whose end didn't reach the disk.
# Found: with vsyscall=xonly, the kernel's default, the page can be executed and not be read, by the kernel's own dump neither: every core
#   ends in 4,096 zeros, which are written and are no hole (Linux 6.18). gcore's (gdb 13.1) has a page of zeros there, too.
# Here: zeros at the very end are no evidence of a loss, and a file without its last 4,096 bytes has lost nothing that a process had.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3
printf '#include <stdlib.h>\nint main(void){abort();}\n' >"$work/crash.c"
gcc -o "$work/crash" "$work/crash.c"
echo "  Linux $(uname -r | cut -d. -f1-2)"
expect "[vsyscall] in /proc/self/maps" "--xp" "$(awk '/vsyscall/ { print $2 }' /proc/self/maps)"
kernel_core "$work/crash" "$work"
a_core "$work/gcore"
expect "the kernel's last segment" "0xffffffffff600000 0x001000" "$(readelf -lW "$work/core" | awk '$1 == "LOAD" { seen = $3 " " $5 } END { print seen }')"
expect "the last page" "4096 zeros, no hole" "$(python3 - "$work/core" <<'P'
import os, sys
file = os.open(sys.argv[1], os.O_RDONLY)
size = os.fstat(file).st_size
print(os.pread(file, 4096, size - 4096).count(0), "zeros,", "a hole" if os.lseek(file, size - 4096, os.SEEK_HOLE) < size else "no hole")
P
)"
expect "gcore's page" "4096 zeros" "$(python3 - "$work/gcore" "$(readelf -lW "$work/gcore" | awk '$3 == "0xffffffffff600000" { print $2 }')" <<'P'
import sys
at = int(sys.argv[2], 16)
print(open(sys.argv[1], "rb").read()[at:at + 4096].count(0), "zeros")
P
)"
