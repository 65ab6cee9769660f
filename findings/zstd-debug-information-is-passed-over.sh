#!/usr/bin/env bash
# Guess: a tool that can't read debug information that is compressed by zstd (--compress-debug-sections=zstd) says so, as it says of
#   damaged information.
# Found: eu-stack -s and eu-addr2line 0.188 (Debian 12) say nothing, end with 0 and print functions without lines, as of a program without
#   any. gdb 13.1 of the same Debian has all lines; pyelftools 0.33 raises an ELFCompressionError.
# Here: no lines in eu-stack doesn't mean that the program has none; `readelf -t` shows ZSTD, and
#   `objcopy --compress-debug-sections=zlib` (or none) makes a file for it.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3 elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1 binutils=2.40-2 binutils-x86-64-linux-gnu=2.40-2 \
  libbinutils=2.40-2 libctf0=2.40-2 libctf-nobfd0=2.40-2
py pyelftools==0.33
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu
cat >"$work/crash.c" <<'C'
#include <stdlib.h>
int main(void) { abort(); }
C
gcc -g -O0 -o "$work/plain" "$work/crash.c"
place=$(nm "$work/plain" | awk '$3 == "main" { print "0x" $1 }')
lines() { grep -m 1 -oE 'crash.c:[0-9]+' || echo none; }
for kind in zlib zstd; do
  "$work/root/usr/bin/objcopy" --compress-debug-sections="$kind" "$work/plain" "$work/crash"
  rm -f "$work/core"
  kernel_core "$work/crash" "$work"
  due=crash.c:2 python="1 unit" status=0
  [[ $kind == zlib ]] || due=none python=ELFCompressionError
  "$work/root/usr/bin/eu-stack" -s --core "$work/core" -e "$work/crash" >"$work/out" 2>"$work/errors" || status=$?
  expect "$kind, eu-stack -s: status, characters of errors, line" "0 0 $due" "$status $(wc -c <"$work/errors") $(lines <"$work/out")"
  expect "$kind, eu-stack -s: main" "main" "$(awk '$3 == "main" { print $3 }' "$work/out")"
  expect "$kind, eu-addr2line" "$due" "$("$work/root/usr/bin/eu-addr2line" -e "$work/crash" "$place" 2>&1 | lines)"
  expect "$kind, gdb 13.1" "crash.c:2" "$("$work/root/usr/bin/gdb" -nx -batch "$work/crash" -c "$work/core" -ex bt 2>/dev/null | lines)"
  expect "$kind, pyelftools 0.33" "$python" "$(python3 - "$work/crash" <<'P'
import sys
from elftools.elf.elffile import ELFFile
try: print(len(list(ELFFile(open(sys.argv[1], "rb")).get_dwarf_info().iter_CUs())), "unit")
except Exception as error: print(type(error).__name__)
P
)"
done
