#!/usr/bin/env bash
# Guess: LIEF reads all program headers of a core, or says that it didn't.
# Found: LIEF 1.0.0 stops at 10,000 and gives a core with that many segments as if there were no more; no exception, no
#   mark on the object. A process with 12,000 mappings is nothing unusual (JVMs, databases); the main stack is at the end.
# Here: "it has no segment there", asked of LIEF, is no evidence.
. "$(dirname "$0")/lib.sh"
py lief==1.0.0 pyelftools==0.33
python3 - "$work/core" <<'P'
import struct, sys
count = 12000
out = open(sys.argv[1], "wb")
out.write(b"\x7fELF\x02\x01\x01" + bytes(9))
out.write(struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, count, 0, 0, 0))
start = (64 + 56 * count + 4095) // 4096 * 4096
for i in range(count):
    out.write(struct.pack("<IIQQQQQQ", 1, 6, start + 4096 * i, 0x10000000 + 8192 * i, 0, 4096, 4096, 4096))
out.truncate(start + 4096 * count)
P
seen=$(python3 - "$work/core" <<'P'
import sys, lief
from elftools.elf.elffile import ELFFile
core = lief.parse(sys.argv[1])
print("header", core.header.numberof_segments, "lief", len(core.segments), "pyelftools",
      sum(1 for _ in ELFFile(open(sys.argv[1], "rb")).iter_segments()))
P
)
expect "segments" "header 12000 lief 10000 pyelftools 12000" "$seen"
