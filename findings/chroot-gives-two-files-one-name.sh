#!/usr/bin/env bash
# Guess: a path in NT_FILE is one file: the kernel names them all as seen from one root, so that a file below a chroot reads
#   /srv/jail/lib/x, and equal names are the same file.
# Found: the names are as seen by the process when it dies (Linux 6.18): below its root without the root's own path, outside of it
#   from the machine's root. A daemon that has mapped /etc/hosts and then goes into a chroot that has its own etc/hosts has both
#   as "/etc/hosts", and a file of the chroot that was mapped before as if it lay outside.
# Here: a file that is found by its name may be the other one; only its contents or build-id tell. Needs root.
. "$(dirname "$0")/lib.sh"
mkdir -p "$work/jail/etc"
echo "another file" >"$work/jail/etc/hosts"
echo "mapped before" >"$work/jail/etc/before"
cat >"$work/program.c" <<C
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
static void map(const char *path) { mmap(0, 4096, PROT_READ, MAP_PRIVATE, open(path, O_RDONLY), 0); }
int main(void) {
  map("/etc/hosts");
  map("$work/jail/etc/before");
  if (chroot("$work/jail") || chdir("/")) return 1;
  map("/etc/hosts");
  abort();
}
C
gcc -w -o "$work/program" "$work/program.c"
kernel_core "$work/program" "$work/jail" || true
expect "names" "/etc/before /etc/hosts /etc/hosts" "$(eu-readelf -n "$work/jail/core" | grep -oE '/?[^ ]*/etc/[a-z]+$' | sort | xargs)"
