#!/usr/bin/env bash
# Guess: of a PT_LOAD that has a few bytes in the middle of a page, eu-stack reads these bytes and no others.
# Found: it rounds the entry to whole units of the smallest p_align above 1 that any entry has, and reads what stands
#   behind it in the file for the rest of its page: with p_align 4096 it names a frame by such bytes, with 8 it does not.
# Here: a few bytes that are put back on a stack that is lost must not bring frames that never were.
. "$(dirname "$0")/lib.sh"
printf '#include <stdlib.h>\nint main(void){abort();}\n' >"$work/crash.c"
gcc -o "$work/crash" "$work/crash.c"
# small ALIGNMENT: the core with 16 bytes of its stack's page, and 0x42 behind them in the file; fails where what frame 0
# needs may lie on the next page.
small() {
  python3 - "$work/core" "$work/small" "$1" <<'P'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
table, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
entries = [list(struct.unpack_from("<IIQQQQQQ", data, table + 56 * i)) for i in range(count)]
pointer, = struct.unpack_from("<Q", data, entries[0][2] + 20 + 112 + 8 * 19)  # rsp in the first NT_PRSTATUS
if pointer & 0xfff > 0xc00: sys.exit(1)
page = pointer & ~0xfff
# Far from the stack pointer, on its page.
place = page + (0xff0 if pointer & 0xfff < 0x800 else 0)
data += bytes(-len(data) % 4096)
entries = [e for e in entries if not (e[0] == 1 and e[3] <= pointer < e[3] + e[6])]
entries.append([1, 6, len(data) + place - page, place, 0, 16, 16, int(sys.argv[3])])
data += b"\x42" * 3 * 4096
entries[1:] = sorted(entries[1:], key=lambda e: e[3])
struct.pack_into("<Q", data, 32, len(data))
struct.pack_into("<H", data, 56, len(entries))
for e in entries: data += struct.pack("<IIQQQQQQ", *e)
open(sys.argv[2], "wb").write(data)
P
}
kernel_core "$work/crash" "$work"
until small 4096; do rm "$work"/core; kernel_core "$work/crash" "$work"; done
frames() { eu-stack --core "$work/small" -e "$work/crash" 2>/dev/null | grep '^#' | grep -c 0x42424242 || true; }
expect "frames made of the bytes behind it, p_align 4096" 1 "$(frames)"
small 8
expect "p_align 8" 0 "$(frames)"
