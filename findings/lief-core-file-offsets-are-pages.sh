#!/usr/bin/env bash
# Guess: LIEF's CoreFileEntry.file_ofs is a file offset in bytes, as its name and gdb's "info proc mappings" have it.
# Found: in a core by the kernel it is the raw number of the note, which counts pages: 1 where the mapping begins at byte 4096.
# Here: whoever checks mapped files by it reads the wrong part of each file and calls it replaced.
. "$(dirname "$0")/lib.sh"
py lief==1.0.0
cat >"$work/crash.c" <<'C'
#include <stdlib.h>
int main(void) { abort(); }
C
gcc -o "$work/crash" "$work/crash.c"
kernel_core "$work/crash" "$work"
seen=$(python3 - "$work/core" <<'P'
import sys, lief
core = lief.parse(sys.argv[1])
files = next(note for note in core.notes if type(note).__name__ == "CoreFile")
mine = [entry for entry in files if entry.path.endswith("/crash")]
print(len(mine) > 2, mine[0].file_ofs, mine[1].file_ofs, mine[1].start - mine[0].start)
P
)
expect "two neighbouring mappings of one file: offsets, and bytes between them" "True 0 1 4096" "$seen"
