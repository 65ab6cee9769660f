#!/usr/bin/env bash
# Guess: bit 4 of coredump_filter, "ELF headers", brings the first page of mapped ELF files into the core, and of no others.
# Found: where a file may be executed by anyone, its first page is dumped whatever it is; the kernel (6.18) looks for ELF only in files
#   that may not. A data file with the right to be executed, as all have on file systems that don't keep rights, leaves one page in
#   the core; the same file without it leaves none.
# Here: a file's mapping with one page isn't a library for that reason, and such a page is not code that was saved.
. "$(dirname "$0")/lib.sh"
cat >"$work/crash.c" <<'C'
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
int main(int count, char **words) {
  for (int i = 1; i < count; i++) mmap(0, 65536, PROT_READ, MAP_PRIVATE, open(words[i], O_RDONLY), 0);
  abort();
}
C
gcc -o "$work/crash" "$work/crash.c"
printf '%65536s' | tr ' ' P >"$work/plain"
printf '%65536s' | tr ' ' X >"$work/executable"
chmod 644 "$work/plain"
chmod 755 "$work/executable"
under core_pattern=core -- dies "$work" "$work/crash" plain executable >/dev/null
mv "$work"/core* "$work/dump"
pages() { python3 -c 'import sys; print(open(sys.argv[1], "rb").read().count(sys.argv[2].encode() * 4096), "pages")' "$work/dump" "$1"; }
expect "a text file" "0 pages" "$(pages P)"
expect "a text file that may be executed" "1 pages" "$(pages X)"
