#!/usr/bin/env bash
# Guess: LIEF's notes of a core are all notes, in the file's order, so that the third thread's floating-point registers are the
#   third NT_FPREGSET.
# Found: LIEF 1.0.0 keeps one of several notes that are equal to the last byte: threads that wait have equal NT_FPREGSETs and
#   NT_X86_XSTATEs, of which one is left, while their NT_PRSTATUSes, which differ by the thread's number, are all there.
# Here: a note that LIEF doesn't show isn't lost, and counting by it gives the registers of one thread to another.
. "$(dirname "$0")/lib.sh"
threads_program
kernel_core "$work/crash" "$work"
py lief==1.0.0
expect "threads by LIEF, fewer notes than in the file, as many as differ" "4 True True" "$(python3 - "$work/core" <<'P'
import lief, struct, sys
data = open(sys.argv[1], "rb").read()
entry = struct.unpack_from("<IIQQQQ", data, struct.unpack_from("<Q", data, 32)[0])
place, notes = entry[2], []
while place < entry[2] + entry[5]:
    name, size, kind = struct.unpack_from("<III", data, place)
    whole = 12 + (name + 3) // 4 * 4 + (size + 3) // 4 * 4
    notes.append(data[place:place + whole])
    place += whole
seen = list(lief.ELF.parse(sys.argv[1]).notes)
print(sum(n.type == lief.ELF.Note.TYPE.CORE_PRSTATUS for n in seen), len(seen) < len(notes), len(seen) == len(set(notes)))
P
)"
