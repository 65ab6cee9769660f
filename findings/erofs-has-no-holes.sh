#!/usr/bin/env bash
# Guess: a core with holes in an image by mkfs.erofs keeps them, as in one by mksquashfs: the image is small, and cp of the mounted file makes
#   the holes again.
# Found: mkfs.erofs 1.5 writes every zero into the image. With --chunksize=4096 the image is small, and the mounted file (Linux 6.18) tells of
#   no hole, so that cp and tar -S write all zeros out. squashfs 4.5.1 keeps the hole in both places.
# Here: cores in images of erofs need `cp --sparse=always`; a core of a few MiB may need the address space of its process on the disk
#   otherwise. Needs root.
. "$(dirname "$0")/lib.sh"
deb squashfs-tools=1:4.5.1-1 liblzo2-2=2.10-2 erofs-utils=1.5-1
mkdir "$work/files" "$work/mnt"
python3 - "$work/files/core" <<'P'
import random, sys
with open(sys.argv[1], "wb") as core:
    core.write(random.Random(1).randbytes(1 << 20))
    core.seek(64 << 20)
    core.write(random.Random(2).randbytes(1 << 20))
P
trap 'cd /; umount "$work/mnt" 2>/dev/null || true; rm -rf "$work"' EXIT
size() { echo "$((($(du -k "$1" | cut -f1) + 512) / 1024)) MiB"; }
copy() { # IMAGE: sizes on the disk of the image, of a copy by cp, and of one by cp --sparse=always
  mount -o loop,ro "$1" "$work/mnt"
  rm -f "$work"/copy*
  cp "$work/mnt/core" "$work/copy"
  cp --sparse=always "$work/mnt/core" "$work/copy.always"
  umount "$work/mnt"
  echo "$(size "$1"), $(size "$work/copy"), $(size "$work/copy.always")"
}
LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu "$work/root/usr/bin/mksquashfs" "$work/files" "$work/squashfs" -quiet -no-progress >/dev/null
"$work/root/usr/bin/mkfs.erofs" --quiet "$work/erofs" "$work/files" >/dev/null 2>&1
"$work/root/usr/bin/mkfs.erofs" --quiet --chunksize=4096 "$work/chunks" "$work/files" >/dev/null 2>&1
echo "  Linux $(uname -r | cut -d. -f1-2)"
expect "the file, on the disk" "2 MiB" "$(size "$work/files/core")"
expect "squashfs, copy, copy by --sparse=always" "2 MiB, 2 MiB, 2 MiB" "$(copy "$work/squashfs")"
expect "erofs" "65 MiB, 65 MiB, 2 MiB" "$(copy "$work/erofs")"
expect "erofs with --chunksize" "2 MiB, 65 MiB, 2 MiB" "$(copy "$work/chunks")"
