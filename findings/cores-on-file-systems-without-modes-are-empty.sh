#!/usr/bin/env bash
# Guess: a core of 0 bytes means that the disk was full, or that the dump was stopped at once; on a file system with room the
#   kernel writes one, whatever the file's rights come out as.
# Found: the kernel (6.18) makes the file, looks at its rights, and leaves it empty unless they are exactly "read and write for
#   its owner, nobody else" and it belongs to the process. So there are no cores on file systems that don't keep rights (NTFS
#   here; any that gives all files the mount's rights is the same), nor where the umask takes the owner's own rights. The parent
#   sees no "core dumped"; the kernel's log says "cannot preserve file permissions".
# Here: an empty file is no remains of a dump. Another folder, or permissions as an option of the mount, is the way out.
#   Needs root, and FUSE.
. "$(dirname "$0")/lib.sh"
deb ntfs-3g=1:2022.10.3-1+deb12u4 libntfs-3g89=1:2022.10.3-1+deb12u4 libfuse2=2.9.9-6+b1
export LD_LIBRARY_PATH=$work/root/lib/x86_64-linux-gnu:$work/root/usr/lib/x86_64-linux-gnu
printf '#include <stdlib.h>\nint main(void){abort();}\n' >"$work/crash.c"
gcc -o "$work/crash" "$work/crash.c"
folder=$work/mount
mkdir "$folder" "$work/other"
trap 'umount "$folder" 2>/dev/null; rm -rf "$work"' EXIT
crash() { # FOLDER COMMAND...: what the parent saw, and the size of what is there
  echo "$(under core_pattern=core -- dies "$@"), $(stat -c '%s bytes' "$1/core")"
}
truncate -s 64M "$work/image"
"$work/root/sbin/mkntfs" -F -q -f "$work/image" >/dev/null 2>&1
"$work/root/bin/ntfs-3g" "$work/image" "$folder"
expect "NTFS" "no core, 0 bytes" "$(crash "$folder" "$work/crash")"
expect "room there" "yes" "$( (($(stat -f -c '%a * %S' "$folder") > 32 << 20)) && echo yes)"
umount "$folder"
"$work/root/bin/ntfs-3g" -o permissions "$work/image" "$folder"
rm "$folder/core"
expect "NTFS with rights" "core dumped, many bytes" "$(crash "$folder" "$work/crash" | sed -E 's/, [1-9][0-9]{4,} /, many /')"
expect "umask 277" "no core, 0 bytes" "$(crash "$work/other" sh -c "umask 277; exec $work/crash")"
