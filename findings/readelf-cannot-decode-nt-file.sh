#!/usr/bin/env bash
# Guess: `readelf -n` of binutils prints NT_FILE of an x86-64 core on an x86-64 machine.
# Found: Debian 12's readelf (2.40) says "Cannot decode 64-bit note in 32-bit build", and is a 64-bit build. Notes of threads
#   before and after it are named as usual. eu-readelf prints the mappings.
# Here: a judge that greps readelf -n for mapped files finds none in any core; take eu-readelf.
. "$(dirname "$0")/lib.sh"
deb binutils=2.40-2 binutils-x86-64-linux-gnu=2.40-2 libbinutils=2.40-2 libctf0=2.40-2 libctf-nobfd0=2.40-2 elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu
printf '#include <stdlib.h>\nint main(void){abort();}\n' >"$work/crash.c"
gcc -o "$work/crash" "$work/crash.c"
kernel_core "$work/crash" "$work"
readelf=$work/root/usr/bin/readelf
expect "class of readelf itself" "ELF64" "$("$readelf" -h "$(readlink -f "$readelf")" | awk '/Class:/ { print $2 }')"
expect "readelf 2.40" "Cannot decode 64-bit note in 32-bit build" \
  "$("$readelf" -n "$work/core" | grep -A 1 NT_FILE | tail -n 1 | sed 's/^ *//')"
expect "eu-readelf 0.188" "yes" "$("$work/root/usr/bin/eu-readelf" -n "$work/core" | grep -q "$work/crash" && echo yes)"
