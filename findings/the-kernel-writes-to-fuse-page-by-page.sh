#!/usr/bin/env bash
# Guess: a core on a FUSE mount (sshfs, s3fs, gcsfuse, a cluster's file system) reaches the server in requests as large as any
#   other file's, 128 KiB by default.
# Found: the kernel (6.18) writes a core page by page, and FUSE without a write-back cache passes each on: a request of 4,096 bytes for
#   every page, one of 56 for every program header, and three for every note. dd of 8 MiB makes 64 requests of
#   131,072 bytes. (fusepy 3.0.1, libfuse 2.9.9 with big_writes.)
# Here: the dump takes 32 times as many round trips as a copy would, while the process waits, and is cut by whatever loses its
#   patience. A handler that writes large pieces, or a local disk and a copy afterwards, is the way. Needs root and /dev/fuse.
. "$(dirname "$0")/lib.sh"
deb libfuse2
py fusepy==3.0.1
export FUSE_LIBRARY_PATH=$(find "$work/root" -name 'libfuse.so.2*' | head -n 1)
mkdir "$work/mnt"
trap '! mountpoint -q "$work/mnt" || umount "$work/mnt"; kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
cat >"$work/server.py" <<'P'
import errno, stat, sys
from fuse import FUSE, FuseOSError, Operations
class Files(Operations):
    files = {}
    def getattr(self, path, handle=None):
        if path == "/": return dict(st_mode=stat.S_IFDIR | 0o777, st_nlink=2)
        if path not in self.files: raise FuseOSError(errno.ENOENT)
        return dict(st_mode=stat.S_IFREG | 0o600, st_nlink=1, st_size=len(self.files[path]))
    def create(self, path, mode, information=None):
        self.files[path] = bytearray()
        return 3
    def open(self, path, flags): return 3
    def unlink(self, path): del self.files[path]
    def truncate(self, path, length, handle=None):
        self.files[path] = self.files[path][:length].ljust(length, b"\0")
    def write(self, path, bytes, offset, handle):
        file = self.files[path]
        file.extend(b"\0" * (offset - len(file)))
        file[offset:offset + len(bytes)] = bytes
        with open(sys.argv[2], "a") as log: print(len(bytes), file=log)
        return len(bytes)
FUSE(Files(), sys.argv[1], foreground=True, nothreads=True, big_writes=True)
P
python3 "$work/server.py" "$work/mnt" "$work/log" &
until mountpoint -q "$work/mnt"; do sleep 0.1; done
printf '#include <stdlib.h>\n#include <string.h>\nint main(void) { memset(malloc(8 << 20), 1, 8 << 20); abort(); }\n' >"$work/crash.c"
gcc -O0 -o "$work/crash" "$work/crash.c"
: >"$work/log"
under core_pattern=core -- dies "$work/mnt" "$work/crash" >/dev/null
expect "the largest request of a core" 4096 "$(sort -n "$work/log" | tail -n 1)"
expect "more than 2,048 of them" yes "$( (($(grep -cx 4096 "$work/log") > 2048)) && echo yes)"
expect "requests of 56 bytes, for program headers, are some" yes "$( (($(grep -cx 56 "$work/log") > 10)) && echo yes)"
: >"$work/log"
head -c 8M /dev/zero | dd of="$work/mnt/copy" bs=1M iflag=fullblock status=none
expect "requests of a copy, by dd" "64 131072" "$(sort "$work/log" | uniq -c | xargs)"
