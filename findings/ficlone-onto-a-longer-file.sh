#!/usr/bin/env bash
# Guess: FICLONE makes the whole of one file another's data; where the target is longer already, its tail stays or goes.
# Found: XFS (Linux 6.18) refuses with EINVAL as soon as the source's size is no multiple of the block and the target is longer
#   than it; with a round size it works and the tail stays. Cloning first and extending afterwards always works.
# Here: a cut core has any size, and its repaired one is longer. Needs root, for a loop mount.
. "$(dirname "$0")/lib.sh"
truncate -s 400M "$work/disk"
mkfs.xfs -q -m reflink=1 "$work/disk"
mkdir "$work/mnt"
mount -o loop "$work/disk" "$work/mnt"
trap 'umount "$work/mnt"; rm -rf "$work"' EXIT
seen=$(python3 - "$work/mnt" <<'P'
import errno, fcntl, os, sys
FICLONE = 0x40049409
def clone(source_size, target_size):
    paths = [sys.argv[1] + "/" + name for name in ("source", "target")]
    with open(paths[0], "wb") as source: source.write(b"s" * source_size)
    with open(paths[1], "wb") as target: target.write(b"t" * target_size)
    with open(paths[0], "rb") as source, open(paths[1], "r+b") as target:
        try: fcntl.ioctl(target, FICLONE, source.fileno())
        except OSError as error: return errno.errorcode[error.errno]
    return "size %d" % os.stat(paths[1]).st_size
for sizes in [(8192, 0), (10000, 0), (8192, 20480), (10000, 10000), (10000, 20480)]: print(*sizes, clone(*sizes))
P
)
echo "  Linux $(uname -r | cut -d. -f1-2)"
expect "sizes of source and target, and what came of it" "8192 0 size 8192
10000 0 size 10000
8192 20480 size 20480
10000 10000 size 10000
10000 20480 EINVAL" "$seen"
