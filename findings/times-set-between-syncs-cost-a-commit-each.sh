#!/usr/bin/env bash
# Guess: whoever writes many files, has their data written (sync_file_range) and then syncs one after another pays for one or
#   two commits of the journal; that each gets its time of modification (utimensat) shortly before its own fsync changes
#   nothing, for its inode has to be written anyway.
# Found: the time that is set after another file's fsync puts the inode into the next transaction, and its fsync commits that:
#   a commit for each file, each of them a flush of the disk. With all times set before the first fsync, one. (ext4, Linux 6.18.)
# Here: a batch of small outputs sets the times of a group before it syncs the first. Needs root, for a loop mount.
. "$(dirname "$0")/lib.sh"
mkdir "$work/mnt"
truncate -s 200M "$work/disk"
mkfs.ext4 -q "$work/disk"
mount -o loop "$work/disk" "$work/mnt"
trap 'umount "$work/mnt"; rm -rf "$work"' EXIT
device=$(basename "$(findmnt -no SOURCE "$work/mnt")")

commits() { # the transactions that the journal has committed
  awk 'NR == 1 { print $1 }' /proc/fs/jbd2/"$device"-*/info
}

written() { # first|between: the commits that 200 files take
  local before
  sync -f "$work/mnt"
  before=$(commits)
  python3 - "$work/mnt" "$1" <<'P'
import ctypes, os, sys
libc = ctypes.CDLL(None)
libc.sync_file_range.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]
folder, when = sys.argv[1:]
files = []
for number in range(200):
    file = os.open(f"{folder}/{when}.{number}", os.O_RDWR | os.O_CREAT)
    os.write(file, b"x" * 20000)
    files.append(file)
for file in files:
    if when == "first": os.utime(file, (10**9, 10**9))
    # The disk begins, so that all have their blocks; and is done.
    libc.sync_file_range(file, 0, 0, 1 | 2 | 4)
for file in files:
    if when == "between": os.utime(file, (10**9, 10**9))
    os.fsync(file)
P
  echo $(($(commits) - before))
}

first=$(written first)
between=$(written between)
echo "  Linux $(uname -r | cut -d. -f1-2)"
echo "  commits for 200 files, times set before the first sync: $first; each before its own: $between"
expect "a commit for each file only where times are set in between" "yes" \
  "$([[ $first -lt 20 && $between -ge 190 ]] && echo yes || echo no)"
