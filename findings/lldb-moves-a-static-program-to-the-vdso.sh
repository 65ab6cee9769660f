#!/usr/bin/env bash
# Guess: a core that lacks the vdso's memory costs lldb the frames in the vdso, and none of a static program.
# Found: it names no function of the program any more (lldb 23.1). The list of libraries of a static glibc program has an entry
#   for the vdso, whose name stands in the vdso itself. lldb takes an entry without a name for the program, if that has no
#   dynamic linker, and moves the program to where the entry says. With the 16 bytes of the name alone, all is well.
# Here: nearly every cut loses the vdso, so that name is put back; it is known, though nothing else of the vdso is.
. "$(dirname "$0")/lib.sh"
py lldb-for-pwndbg==23.1.0.post2
printf '#include <stdlib.h>\nint main(void){abort();}\n' >"$work/crash.c"
gcc -static -o "$work/crash" "$work/crash.c"
kernel_core "$work/crash" "$work"
python3 - "$work/core" "$work/without" "$work/name" <<'P'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
table, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
for at in range(table, table + 56 * count, 56):
    kind, flags, offset, address, _, size, _ = struct.unpack_from("<IIQQQQQ", data, at)
    name = data.find(b"linux-vdso.so.1\0", offset, offset + size)
    if kind != 1 or name < 0 or data[offset:offset + 4] != b"\x7fELF":
        continue
    # PT_NULL in place of PT_LOAD.
    open(sys.argv[2], "wb").write(data[:at] + bytes(4) + data[at + 4:])
    entry = struct.pack("<IIQQQQQ", 1, flags, name, address + name - offset, 0, 16, 16)
    open(sys.argv[3], "wb").write(data[:at] + entry + data[at + 48:])
    break
P
# How many of the frames have the name of a function.
named() {
  "$work/py/bin/lldb" -b -x -o "target create -c '$1' '$work/crash'" -o "thread backtrace" 2>/dev/null |
    grep -c 'frame #.*crash`' || true
}
whole=$(named "$work/core")
expect "named frames of the whole core are some" yes "$([[ $whole -gt 3 ]] && echo yes)"
expect "without the vdso" 0 "$(named "$work/without")"
expect "without all of it but its name" "$whole" "$(named "$work/name")"
