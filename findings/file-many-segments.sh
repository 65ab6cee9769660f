#!/usr/bin/env bash
# Guess: file(1) names the program and the user of a core however many mappings the process had.
# Found: above 2,048 program headers (parameter elf_phnum) file 5.44 says "too many program headers" and nothing else of
#   the process. `file -P elf_phnum=65535` brings it back. Scripts that sort cores by "from '…'" file those of JVMs and
#   databases nowhere.
. "$(dirname "$0")/lib.sh"
deb file=1:5.44-3 libmagic1=1:5.44-3 libmagic-mgc=1:5.44-3
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu
cat >"$work/crash.c" <<'C'
#include <stdlib.h>
#include <sys/mman.h>
int main(void) {
  char *memory = mmap(0, 3000l * 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (long i = 0; i < 3000; i++) mprotect(memory + i * 8192, 4096, PROT_READ);
  abort();
}
C
gcc -o "$work/crash" "$work/crash.c"
kernel_core "$work/crash" "$work"
look() { "$work/root/usr/bin/file" -b -m "$work/root/usr/lib/file/magic.mgc" "$@" "$work/core" | grep -oE "too many program headers|from '" || true; }
expect "file 5.44" "too many program headers" "$(look)"
expect "file 5.44 -P elf_phnum=65535" "from '" "$(look -P elf_phnum=65535)"
