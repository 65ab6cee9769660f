#!/usr/bin/env bash
# Guess: where a file system was unmounted by `umount -l` while a process used it, NT_FILE has its files' old paths, or a mark
#   such as "(unreachable)" or "(deleted)".
# Found: the paths begin at the root of the file system that is gone, without a mark (Linux 6.18): /mnt/usr/lib/libx.so reads as
#   "/usr/lib/libx.so", which is another file's name, and the program itself is "/usr/bin/program". The command
#   in NT_PRPSINFO has the old path.
# Here: images, network shares and build roots that are taken away under a running service. Name the folder where they are mounted
#   now as the root for files; what a path names on the machine itself is another file. Needs root.
. "$(dirname "$0")/lib.sh"
deb elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
cat >"$work/crash.c" <<'C'
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
int main(int count, char **words) {
  if (mmap(0, 4096, PROT_READ, MAP_PRIVATE, open(words[1], O_RDONLY), 0) == MAP_FAILED) return 3;
  if (system(words[2])) return 4;
  abort();
}
C
gcc -o "$work/crash" "$work/crash.c"
mkdir "$work/mnt" "$work/cores"
dump() {
  mount -t tmpfs none "$work/mnt"
  mkdir -p "$work/mnt/usr/lib" "$work/mnt/usr/bin"
  cp "$work/crash" "$work/mnt/usr/bin/program"
  cp "$work/crash" "$work/mnt/usr/lib/libx.so"
  dies "$work/cores" "$work/mnt/usr/bin/program" "$work/mnt/usr/lib/libx.so" "umount -l '$work/mnt'" >/dev/null
}
under core_pattern=core -- dump
"$work/root/usr/bin/eu-readelf" -n "$work"/cores/core* >"$work/notes"
named() { sed -nE "s/^ +[0-9a-f]+-[0-9a-f]+ 0+ [0-9]+ +(.*$1)\$/\1/p" "$work/notes"; }
expect "the file that was $work/mnt/usr/lib/libx.so" /usr/lib/libx.so "$(named libx.so)"
expect "the program" /usr/bin/program "$(named program)"
expect "the command" "$work/mnt/usr/bin/program" "$(sed -nE 's/.*psargs: ([^ ]*) .*/\1/p' "$work/notes")"
