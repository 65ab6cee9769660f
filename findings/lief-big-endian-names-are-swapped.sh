#!/usr/bin/env bash
# Guess: a program's name in NT_PRPSINFO is text, and reads the same from cores of either byte order.
# Found: LIEF 1.0.0 turns the characters of big-endian cores around in groups of four ("program" becomes "gorp", a zero byte, "mar"),
#   for it reads the note as words. pyelftools reads it right.
# Here: a name from LIEF can't judge ours on ppc64 or s390x.
. "$(dirname "$0")/lib.sh"
deb qemu-user=$(apt-cache madison qemu-user | awk '$3 ~ /^1:7\.2\+dfsg-7\+deb12u/ { print $3; exit }')
py lief==1.0.0 pyelftools==0.33
core=$(crash_under s390x 22 2)
seen=$(python3 - "$core" <<'P'
import sys, lief
from elftools.elf.elffile import ELFFile
for segment in ELFFile(open(sys.argv[1], "rb")).iter_segments("PT_NOTE"):
    for note in segment.iter_notes():
        if note["n_type"] == "NT_PRPSINFO": print(note["n_desc"]["pr_fname"].rstrip(b"\0").decode(), end=" ")
core = lief.parse(sys.argv[1])
print(next(n.info.filename.replace("\0", "") for n in core.notes if type(n).__name__ == "CorePrPsInfo"))
P
)
expect "pyelftools and LIEF, s390x" "program gorpmar" "$seen"
