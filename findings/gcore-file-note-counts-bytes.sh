#!/usr/bin/env bash
# Guess: the page size that NT_FILE begins with is the machine's, 4096, whoever wrote the core; its offsets count pages.
# Found: gdb's gcore (13.1 and 18.1) writes 1 there, and byte offsets. eu-readelf shows it.
# Here: a reader that takes NT_FILE's page size for the machine's rounds mappings to single bytes; one that multiplies by
#   4096 anyway looks four thousand times too far into every file.
. "$(dirname "$0")/lib.sh"
py gdb-for-pwndbg==18.1.0.post1
a_core "$work/core"
"$work/sleeper" >/dev/null &
id=$!
sleep 0.2
"$work/py/bin/gdb" -nx -batch -p "$id" -ex "gcore $work/core18" >/dev/null 2>&1
kill "$id"
for core in core core18; do
  seen=$(python3 - "$work/$core" <<'P'
import struct, sys
data = open(sys.argv[1], "rb").read()
table, = struct.unpack_from("<Q", data, 32)
count, = struct.unpack_from("<H", data, 56)
for i in range(count):
    kind, _, offset, _, _, size = struct.unpack_from("<IIQQQQ", data, table + 56 * i)
    end = offset + size
    while kind == 4 and offset < end:
        name, length, note = struct.unpack_from("<III", data, offset)
        start = offset + 12 + (name + 3) // 4 * 4
        if note == 0x46494C45:
            words = struct.unpack_from("<2Q", data, start)
            offsets = [struct.unpack_from("<3Q", data, start + 16 + 24 * k)[2] for k in range(words[0])]
            print("page size", words[1], "smallest offset that is not 0:", min(o for o in offsets if o))
        offset = start + (length + 3) // 4 * 4
P
)
  expect "$core" "page size 1 smallest offset that is not 0: 4096" "$seen"
done
