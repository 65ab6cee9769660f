#!/usr/bin/env bash
# Guess: files of one build-id have the same bytes in all that is mapped read-only; what strip takes away is not mapped, and what
#   changes a file otherwise makes another build-id.
# Found: a build-id is made once, by the linker. strip and objcopy 2.40 and eu-strip 0.188 change the number and place of sections in
#   the ELF header, which is on the first page of memory; chrpath 0.16 changes strings; patchelf 0.14.3 moves the program headers'
#   contents and adds a segment. All have the same build-id as before, and other bytes in memory. Code is the same in all.
# Here: a first page that is filled in from a file of the right build-id is the process's own but for such bytes. Distributions strip
#   after linking, so that the file with the symbols is one of these pairs.
. "$(dirname "$0")/lib.sh"
deb binutils=2.40-2 binutils-x86-64-linux-gnu=2.40-2 libbinutils=2.40-2 libctf0=2.40-2 libctf-nobfd0=2.40-2 \
  elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1 libasm1=0.188-2.1 patchelf=0.14.3-1+b1 chrpath=0.16-2+b1
py pyelftools==0.33
printf '#include <stdio.h>\nint a_function(int n) { return printf("%%d\\n", n); }\n' >"$work/x.c"
gcc -g -shared -fPIC -Wl,--build-id -Wl,-rpath,/opt/a/folder/of/libraries -o "$work/original" "$work/x.c"
changed() { # COMMAND...: what the command makes of a copy
  cp "$work/original" "$work/copy"
  LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu "$@" "$work/copy" >/dev/null
  python3 - "$work/original" "$work/copy" <<'P'
import sys
from elftools.elf.elffile import ELFFile
def look(path):
    file = ELFFile(open(path, "rb"))
    loads = {s["p_vaddr"]: (s["p_flags"], s.data()) for s in file.iter_segments("PT_LOAD")}
    ids = [n["n_desc"] for s in file.iter_segments("PT_NOTE") for n in s.iter_notes() if n["n_type"] == "NT_GNU_BUILD_ID"]
    return ids, loads
(old_id, old), (new_id, new) = map(look, sys.argv[1:])
word = lambda rights: "changed" if any(new.get(a) != o for a, o in old.items() if o[0] == rights) else "same"
print(f"build-id {'same' if old_id == new_id else 'changed'}, read-only {word(4)}, code {word(5)}, segments {len(new) - len(old):+d}")
P
}
tools=$work/root/usr/bin
wanted="build-id same, read-only changed, code same, segments"
expect "strip" "$wanted +0" "$(changed "$tools/strip")"
expect "objcopy" "$wanted +0" "$(changed "$tools/objcopy" --remove-section .comment)"
expect "eu-strip" "$wanted +0" "$(changed "$tools/eu-strip")"
expect "chrpath" "$wanted +0" "$(changed "$tools/chrpath" -r /opt/b)"
expect "patchelf" "$wanted +1" "$(changed "$tools/patchelf" --set-rpath /opt/a/much/longer/name/of/a/folder/of/libraries)"
