#!/usr/bin/env bash
# Guess: eu-stack shows the threads of all a core's notes, in however many PT_NOTE segments they stand, and needs the registers
#   and the memory for it.
# Found: eu-stack 0.188 reads the first PT_NOTE alone: with the threads spread over two it shows those of the first, and says
#   nothing. And where NT_PRPSINFO is missing it shows none and says "not a valid ELF file", though all else is there. gdb 13.1
#   shows all threads of both.
# Here: that message is no word about the ELF file; and nothing may be put into a PT_NOTE before the kernel's.
. "$(dirname "$0")/lib.sh"
deb elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1 gdb=13.1-3
threads_program
kernel_core "$work/crash" "$work"
python3 - "$work/core" "$work/two" "$work/without" <<'P'
import struct, sys
data = open(sys.argv[1], "rb").read()
table, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
entries = [list(struct.unpack_from("<IIQQQQQQ", data, table + 56 * i)) for i in range(count)]
place, end, notes = entries[0][2], entries[0][2] + entries[0][5], []
while place < end:
    name, size, kind = struct.unpack_from("<III", data, place)
    whole = 12 + (name + 3) // 4 * 4 + (size + 3) // 4 * 4
    notes.append((kind, data[place:place + whole]))
    place += whole
def write(path, groups):  # The same core, with these groups of notes and the table behind its memory.
    out, new = bytearray(data), entries[1:]
    for group in reversed(groups):
        out += bytes(-len(out) % 8)
        new.insert(0, [4, 0, len(out), 0, 0, sum(map(len, group)), 0, 4])
        out += b"".join(group)
    out += bytes(-len(out) % 8)
    struct.pack_into("<Q", out, 32, len(out))
    struct.pack_into("<H", out, 56, len(new))
    for entry in new: out += struct.pack("<IIQQQQQQ", *entry)
    open(path, "wb").write(out)
second = [i for i, (kind, _) in enumerate(notes) if kind == 1][1]
write(sys.argv[2], [[n for _, n in notes[:second]], [n for _, n in notes[second:]]])
write(sys.argv[3], [[n for kind, n in notes if kind != 3]])
P
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu
stack() { "$work/root/usr/bin/eu-stack" --core "$1" -e "$work/crash" 2>&1 || true; }
expect "one PT_NOTE: threads" 4 "$(stack "$work/core" | grep -c ^TID)"
expect "two" 1 "$(stack "$work/two" | grep -c ^TID)"
expect "without NT_PRPSINFO" "not a valid ELF file" "$(stack "$work/without" | grep -oE 'not a valid ELF file|^TID' | head -n 1)"
unset LD_LIBRARY_PATH
for file in two without; do
  expect "gdb 13.1, $file" 4 "$("$work/root/usr/bin/gdb" -nx -batch -c "$work/$file" -ex 'info threads' 2>/dev/null | grep -c 'LWP [0-9]*)\? ')"
done
