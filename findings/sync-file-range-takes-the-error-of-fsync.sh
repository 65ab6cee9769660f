#!/usr/bin/env bash
# Guess: sync_file_range(2) is a hint about writeback; whether the bytes are on the disk says fsync(2), which reports a failed
#   write whatever was called before.
# Found: with SYNC_FILE_RANGE_WAIT_BEFORE or _AFTER it reports the failed write itself, and takes it: fsync of the same
#   descriptor says success afterwards, over bytes that are lost. Without the call fsync says it, once. (ext4, Linux 6.18.)
# Here: whoever drops written pages behind a copy must end the copy by what sync_file_range says. Needs root, for loop mounts.
. "$(dirname "$0")/lib.sh"
mkdir "$work/memory" "$work/mnt"
clean_up() {
  ! mountpoint -q "$work/mnt" || umount "$work/mnt"
  ! mountpoint -q "$work/memory" || umount "$work/memory"
}
trap 'clean_up; rm -rf "$work"' EXIT

# A file of 8 MiB whose blocks are gone from under its file system, with no room for new ones: metadata can be written, its
# data can't.
disk_without_data() {
  local start count
  mount -t tmpfs -o size=80m none "$work/memory"
  truncate -s 60M "$work/memory/disk"
  mkfs.ext4 -q -O ^has_journal -b 4096 "$work/memory/disk"
  mount -o loop "$work/memory/disk" "$work/mnt"
  head -c 8M /dev/urandom >"$work/mnt/file"
  sync -f "$work/mnt"
  filefrag -v "$work/mnt/file" | awk '/^ *[0-9]+:/ { gsub(/[.:]+/, " "); print $4, $6 }' >"$work/extents"
  while read -r start count; do
    fallocate -p -o $((start * 4096)) -l $((count * 4096)) "$work/memory/disk"
  done <"$work/extents"
  cat /dev/zero >"$work/memory/filling" 2>/dev/null || true
}

overwrite() {
  python3 - "$work/mnt/file" "$1" <<'P'
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.sync_file_range.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]
file = os.open(sys.argv[1], os.O_RDWR)
for start in range(0, 8 << 20, 1 << 20): os.pwrite(file, os.urandom(1 << 20), start)
said = []
if sys.argv[2] == "wait":
    failed = libc.sync_file_range(file, 0, 8 << 20, 1 | 2 | 4)
    said.append("sync_file_range " + ("fails" if failed else "succeeds"))
for _ in 1, 2:
    try:
        os.fsync(file)
        said.append("fsync succeeds")
    except OSError:
        said.append("fsync fails")
print(", ".join(said))
P
}

echo "  Linux $(uname -r | cut -d. -f1-2)"
disk_without_data
expect "fsync, twice" "fsync fails, fsync succeeds" "$(overwrite plain)"
clean_up
disk_without_data
expect "after sync_file_range that waits" "sync_file_range fails, fsync succeeds, fsync succeeds" "$(overwrite wait)"
