#!/usr/bin/env python3
"""A file system of one file, parts of which can't be read: a failing disk for tests. Needs root and /dev/fuse.

usage: faulty-file.py FILE MOUNTPOINT [OFFSET:LENGTH ...]

Mounts a folder whose file `core` has FILE's bytes and gives EIO for every page that one of the ranges touches. Prints
"ready", and unmounts when its standard input ends. Speaks the kernel's FUSE protocol itself, so that it needs no library.
"""
import ctypes
import errno
import os
import select
import struct
import sys

LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE = 1, 2, 3, 14, 15, 17, 18
GETXATTR, FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR = 22, 25, 26, 27, 28, 29
ACCESS, DESTROY, BATCH_FORGET = 34, 38, 42
PAGE = 4096


def attributes(node, size):
    mode = 0o40755 if node == 1 else 0o100644
    return struct.pack("<QQQQQQIIIIIIIIII", node, size, (size + 511) // 512, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, PAGE, 0)


def main():
    path, folder = sys.argv[1:3]
    bad = [tuple(int(number, 0) for number in text.split(":")) for text in sys.argv[3:]]
    source = os.open(path, os.O_RDONLY)
    size = os.fstat(source).st_size
    fuse = os.open("/dev/fuse", os.O_RDWR)
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={fuse},rootmode=40000,user_id=0,group_id=0"
    if libc.mount(b"faulty", folder.encode(), b"fuse", 6, options.encode()) != 0:
        sys.exit(f"mount: {os.strerror(ctypes.get_errno())}")
    print("ready", flush=True)

    def answer(unique, body=b"", error=0):
        try:
            os.write(fuse, struct.pack("<IiQ", 16 + len(body), -error, unique) + body)
        except OSError as problem:
            if problem.errno != errno.ENOENT:  # the request was interrupted
                raise

    def read(offset, count):
        end = min(offset + count, size)
        for start, length in bad:
            first, last = start // PAGE * PAGE, -(-(start + length) // PAGE) * PAGE
            if offset < last and first < end:
                return None
        return os.pread(source, end - offset, offset) if end > offset else b""

    try:
        while True:
            ready, _, _ = select.select([fuse, sys.stdin], [], [])
            if sys.stdin in ready and not os.read(0, 4096):
                return
            if fuse not in ready:
                continue
            request = os.read(fuse, 1 << 20)
            _, opcode, unique, node = struct.unpack_from("<IIQQ", request)
            body = request[40:]
            if opcode == INIT:
                major, minor, ahead, _ = struct.unpack_from("<IIII", body)
                answer(unique, struct.pack("<IIIIHHIIHHIQ", 7, min(minor, 31), ahead, 0, 12, 9, 1 << 17, 1, 32, 0, 0, 0) + bytes(16))
            elif opcode == LOOKUP:
                if body.rstrip(b"\0") == b"core":
                    answer(unique, struct.pack("<QQQQII", 2, 1, 60, 60, 0, 0) + attributes(2, size))
                else:
                    answer(unique, error=errno.ENOENT)
            elif opcode == GETATTR:
                answer(unique, struct.pack("<QII", 60, 0, 0) + attributes(node, size if node == 2 else 0))
            elif opcode in (OPEN, OPENDIR):
                answer(unique, struct.pack("<QII", 0, 0, 0))
            elif opcode == READ:
                _, offset, count = struct.unpack_from("<QQI", body)
                data = read(offset, count)
                answer(unique, data or b"", 0 if data is not None else errno.EIO)
            elif opcode in (RELEASE, RELEASEDIR, FLUSH, ACCESS):
                answer(unique)
            elif opcode == READDIR:
                _, offset = struct.unpack_from("<QQ", body)
                # ino, the offset of what follows, the name's length, DT_REG, the name padded to 8.
                answer(unique, struct.pack("<QQII8s", 2, 1, 4, 8, b"core") if offset == 0 else b"")
            elif opcode == STATFS:
                answer(unique, struct.pack("<QQQQQIIII", 0, 0, 0, 0, 0, PAGE, 255, PAGE, 0) + bytes(24))
            elif opcode == DESTROY:
                answer(unique)
                return
            elif opcode not in (FORGET, BATCH_FORGET):
                answer(unique, error=errno.ENOSYS)
    finally:
        libc.umount2(folder.encode(), 2)


main()
