#!/usr/bin/env bash
# Guess: pwntools' Corefile.read refuses to read code that the kernel left out of the core (p_filesz 0), or takes it from
#   the file that NT_FILE names, as gdb does.
# Found: it gives zeros without a word, though program and file are there. drgn refuses; LIEF gives no bytes.
# Here: for pwntools a lost range and one that never was in the dump look alike, and like memory that was cleared.
. "$(dirname "$0")/lib.sh"
py pwntools==4.15.0 drgn==0.3.0 lief==1.0.0
printf '#include <stdlib.h>\nint main(void){abort();}\n' >"$work/crash.c"
gcc -o "$work/crash" "$work/crash.c"
kernel_core "$work/crash" "$work"
seen=$(python3 - "$work/core" <<'P'
import logging, struct, sys
logging.disable(50)
path = sys.argv[1]
data = open(path, "rb").read()
table, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
entries = [struct.unpack_from("<IIQQQQQ", data, table + 56 * i) for i in range(count)]
# The first segment of code without bytes is the program's .text; its first instructions are no zeros.
address = next(e[3] for e in entries if e[0] == 1 and e[1] & 1 and e[5] == 0 and e[6])
import drgn, lief
from pwn import Corefile
zeros = bytes(16)
def said(what): return "zeros" if what == zeros else "nothing" if not what else "bytes"
print("pwntools", said(Corefile(path).read(address, 16)))
print("lief", said(bytes(lief.parse(path).get_content_from_virtual_address(address, 16))))
program = drgn.Program()
program.set_core_dump(path)
try: print("drgn", said(program.read(address, 16)))
except drgn.FaultError: print("drgn refuses")
P
)
expect "16 bytes of code" "pwntools zeros
lief nothing
drgn refuses" "$seen"
