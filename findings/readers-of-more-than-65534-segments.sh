#!/usr/bin/env bash
# Guess: readelf by any of the three projects reads a core of 70,000 segments: PN_XNUM has been in the ELF specification for decades,
#   and a reader that doesn't know it says so.
# Found: eu-readelf -n 0.188 prints no note and ends with 0: the one section header that holds the count makes it look for notes in
#   sections. llvm-readelf 19 takes 65,535 for the count and lists that many without a word. GNU readelf 2.40 is right.
# Here: "it has no notes", asked of eu-readelf, is no evidence about a core of a JVM or a database.
. "$(dirname "$0")/lib.sh"
deb elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1 libasm1=0.188-2.1 binutils=2.40-2 binutils-x86-64-linux-gnu=2.40-2 \
  libbinutils=2.40-2 libctf0=2.40-2 libctf-nobfd0=2.40-2 llvm-19=1:19.1.7-3~deb12u1 libllvm19=1:19.1.7-3~deb12u1
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu:$work/root/usr/lib/llvm-19/lib
cat >"$work/crash.c" <<'C'
#include <stdlib.h>
#include <sys/mman.h>
int main(void) {
  mmap(0, 70000l * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  abort();
}
C
gcc -o "$work/crash" "$work/crash.c"
kernel_core "$work/crash" "$work"
# Its largest segment page by page, as the kernel writes pages whose rights alternate.
python3 - "$work/core" <<'P'
import struct, sys
file = open(sys.argv[1], "r+b")
head = bytearray(file.read(64))
table, count = struct.unpack_from("<Q", head, 32)[0], struct.unpack_from("<H", head, 56)[0]
file.seek(table)
entries = [list(struct.unpack("<IIQQQQQQ", file.read(56))) for _ in range(count)]
large = max(entries, key=lambda e: e[5])
at = entries.index(large)
entries[at:at + 1] = [[1, 6, large[2] + o, large[3] + o, 0, 4096, 4096, 4096] for o in range(0, large[5], 4096)]
place = (file.seek(0, 2) + 7) // 8 * 8
file.seek(place)
for entry in entries: file.write(struct.pack("<IIQQQQQQ", *entry))
struct.pack_into("<QQ", head, 32, place, file.tell())
struct.pack_into("<HHHH", head, 56, 0xffff, 64, 1, 0)
file.write(struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, 1, 0, len(entries), 0, 0))
file.seek(0)
file.write(head)
P
for reader in readelf eu-readelf llvm-readelf-19; do
  "$work/root/usr/bin/$reader" -lW "$work/core" >"$work/segments" 2>"$work/words" || "$work/root/usr/bin/$reader" -l "$work/core" >"$work/segments" 2>>"$work/words"
  "$work/root/usr/bin/$reader" -n "$work/core" >"$work/notes" 2>/dev/null
  case $reader in
    readelf) wanted="all segments, notes" ;;
    eu-readelf) wanted="all segments, no notes" ;;
    *) wanted="65534 of PT_LOAD, notes" ;;
  esac
  loads=$(grep -cE '^ +LOAD' "$work/segments" || true)
  expect "$reader" "$wanted" "$( ((loads > 70000)) && echo "all segments" || echo "$loads of PT_LOAD"), $(grep -q PRSTATUS "$work/notes" && echo notes || echo "no notes")"
done
