#!/usr/bin/env bash
# Guess: syncfs(2) on a FUSE mount brings what was written there to the server's disk, as fsync(2) of the file would: the
#   server is told to sync, or the call fails.
# Found: it succeeds, and the server hears of the bytes (WRITE) and of no sync at all, neither FUSE_FSYNC nor FUSE_SYNCFS; of
#   `sync -f` and sync(2) the same. fsync(2) of the file is one request to the server. (Linux 6.18, fusepy 3.0.1, libfuse 2.9.9.)
# Here: a group of outputs may be synced by syncfs only where the file system is known to do it. Needs root and /dev/fuse.
. "$(dirname "$0")/lib.sh"
deb libfuse2
py fusepy==3.0.1
export FUSE_LIBRARY_PATH=$(find "$work/root" -name 'libfuse.so.2*' | head -n 1)
mkdir "$work/mnt"
trap '! mountpoint -q "$work/mnt" || umount "$work/mnt"; kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
cat >"$work/server.py" <<'P'
import errno, stat, sys
from fuse import FUSE, FuseOSError, Operations
class One(Operations):
    data = bytearray()
    def tell(self, word):
        with open(sys.argv[2], "a") as log: log.write(word + "\n")
    def getattr(self, path, handle=None):
        if path == "/": return dict(st_mode=stat.S_IFDIR | 0o755, st_nlink=2)
        if path != "/file": raise FuseOSError(errno.ENOENT)
        return dict(st_mode=stat.S_IFREG | 0o600, st_nlink=1, st_size=len(self.data))
    def open(self, path, flags): return 3
    def truncate(self, path, length, handle=None): del self.data[length:]
    def write(self, path, bytes, offset, handle):
        self.data[offset:offset + len(bytes)] = bytes
        self.tell("write")
        return len(bytes)
    def fsync(self, path, only_data, handle):
        self.tell("fsync")
        return 0
FUSE(One(), sys.argv[1], foreground=True, nothreads=True)
P
python3 "$work/server.py" "$work/mnt" "$work/log" &
until mountpoint -q "$work/mnt"; do sleep 0.1; done

# sync WORD: writes into the file, syncs it in that way, and says what came of it and what the server heard.
heard() {
  : >"$work/log"
  python3 - "$work/mnt/file" "$1" <<'P'
import ctypes, os, sys
file = os.open(sys.argv[1], os.O_WRONLY)
os.write(file, b"bytes")
libc = ctypes.CDLL(None, use_errno=True)
how = {"syncfs": lambda: libc.syncfs(file), "sync": lambda: libc.sync() and 0, "fsync": lambda: libc.fsync(file)}
failed = how[sys.argv[2]]()
print("fails:" if sys.argv[2] != "sync" and failed else "succeeds:", end=" ")
P
  paste -s -d ' ' "$work/log"
}
expect "syncfs, and what the server heard" "succeeds: write" "$(heard syncfs)"
expect "sync" "succeeds: write" "$(heard sync)"
expect "fsync" "succeeds: write fsync" "$(heard fsync)"
