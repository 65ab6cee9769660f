#!/usr/bin/env bash
# Guess: pages that no process ever touched are holes in the kernel's core, whatever kind of memory they are in.
# Found: of anonymous shared memory every page is written: to read one the kernel (6.18) has to make it. 64 MiB that were only
#   reserved are 64 MiB on the disk and of RLIMIT_CORE, and before that 64 MiB of memory, charged to the process that dies.
#   Private memory of that size is a hole and counts for nothing.
# Here: a database's shared buffers cut the core at a limit that its memory in use is far below; and a dump can bring its
#   container to the limit of its memory. Bit 1 of coredump_filter, or MADV_DONTDUMP, keeps them out.
. "$(dirname "$0")/lib.sh"
cat >"$work/program.c" <<'C'
#include <stdlib.h>
#include <sys/mman.h>
int main(int count, char **words) {
  mmap(0, 64 << 20, PROT_READ | PROT_WRITE, (count > 1 ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS, -1, 0);
  abort();
}
C
gcc -o "$work/program" "$work/program.c"
for kind in "" shared; do
  under core_pattern=core -- dies "$work" "$work/program" $kind >/dev/null
  mv "$work"/core* "$work/dump"
  expect "${kind:-private}: MiB of the file, on the disk" "$([[ $kind ]] && echo 64 64 || echo 0 0)" "$(stat -c '%s %b' "$work/dump" | awk '{ printf "%d %d\n", $1 / 1048576, $2 / 2048 }')"
done
