#!/usr/bin/env bash
# Guess: pr_cursig in NT_PRSTATUS, "the current signal" of a thread, is set for the thread that crashed and 0 for the others; it
#   tells which one that was.
# Found: the kernel (6.18) writes the signal of the crash into every thread's. Which one it was says the order of the notes alone.
#   A reader that goes by the note's number, such as lldb 19 where there is no NT_SIGINFO, says of every thread that it crashed.
# Here: once the first NT_PRSTATUS is lost, nothing of the others says that none of them is the one.
. "$(dirname "$0")/lib.sh"
threads_program
kernel_core "$work/crash" "$work"
py pyelftools==0.33
expect "pr_cursig of each thread" "6 6 6 6" "$(python3 - "$work/core" <<'P'
import sys
from elftools.elf.elffile import ELFFile
notes = [n for s in ELFFile(open(sys.argv[1], "rb")).iter_segments("PT_NOTE") for n in s.iter_notes()]
print(*[int.from_bytes(n["n_descdata"][12:14], "little") for n in notes if n["n_type"] == "NT_PRSTATUS"])
P
)"
