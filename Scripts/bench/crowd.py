#!/usr/bin/env python3
"""Writes a sparse core of a crowd: crowd.py FILE [THREADS [SEGMENTS [GIB]]], whole, as the kernel would.

64 GiB by default, in 10,000 segments, a thousand of them stacks of as many threads, with NT_FILE, AUXV and
all notes of each thread. Nearly all of it is holes.
"""

import os
import struct
import sys

PAGE = 4096


def note(kind, descriptor, owner=b"CORE"):
    name = owner + b"\0"
    return (struct.pack("<III", len(name), len(descriptor), kind) + name + bytes(-len(name) % 4)
            + descriptor + bytes(-len(descriptor) % 4))


def thread(tid, pc, sp):
    status = bytearray(336)
    struct.pack_into("<i", status, 0, 11)  # si_signo
    struct.pack_into("<h", status, 12, 11)  # pr_cursig
    struct.pack_into("<i", status, 32, tid)  # pr_pid
    struct.pack_into("<Q", status, 112 + 16 * 8, pc)  # rip
    struct.pack_into("<Q", status, 112 + 19 * 8, sp)  # rsp
    return note(1, bytes(status)), note(2, bytes(512)) + note(0x202, bytes(2696), b"LINUX")


def process(pid):
    info = bytearray(136)
    struct.pack_into("<i", info, 24, pid)  # pr_pid
    info[40:45] = b"crowd"  # pr_fname
    info[56:61] = b"crowd"  # pr_psargs
    return note(3, bytes(info))


def main(path, threads, segments, gib):
    stack = 256 << 10
    libraries = min(500, segments - threads)
    rest = segments - threads - libraries
    size = ((gib << 30) - threads * stack - libraries * PAGE) // rest // PAGE * PAGE
    loads = []  # address, size, flags
    address = 0x7F0000000000
    files = []
    for i in range(libraries):
        loads.append((address, PAGE, 5))
        files.append((address, address + PAGE, b"/usr/lib/libcrowd%d.so" % i))
        address += 2 * PAGE
    address += 1 << 30
    for i in range(rest):
        loads.append((address, size, 6))
        address += size + PAGE
    pointers = []
    for i in range(threads):
        address += PAGE
        loads.append((address, stack, 6))
        pointers.append(address + stack - 4096)
        address += stack
    file_note = struct.pack("<QQ", len(files), PAGE)
    file_note += b"".join(struct.pack("<QQQ", a, b, 0) for a, b, _ in files)
    file_note += b"".join(name + b"\0" for _, _, name in files)
    auxv = struct.pack("<QQQQQQ", 6, PAGE, 3, loads[0][0] + 64, 0, 0)
    notes = b""
    for i in range(threads):
        status, more = thread(4711 + i, loads[0][0] + 16, pointers[i])
        notes += status
        if i == 0:
            notes += process(4711) + note(6, auxv) + note(0x46494C45, file_note)
        notes += more
    notes_at = 64 + 56 * (segments + 1)
    offset = (notes_at + len(notes) + PAGE - 1) // PAGE * PAGE
    with open(path, "wb") as core:
        core.write(b"\x7fELF\2\1\1" + bytes(9))
        core.write(struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, segments + 1, 0, 0, 0))
        core.write(struct.pack("<IIQQQQQQ", 4, 0, notes_at, 0, 0, len(notes), 0, 4))
        starts = []
        for address, length, flags in loads:
            starts.append(offset)
            core.write(struct.pack("<IIQQQQQQ", 1, flags, offset, address, 0, length, length, PAGE))
            offset += length
        core.write(notes)
        for i in range(libraries):
            core.seek(starts[i])
            core.write(b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHI", 3, 62, 1) + bytes(40))
        for i in range(threads):  # what a stack holds at its pointer and at its end
            core.seek(starts[segments - threads + i] + stack - 4096)
            core.write(struct.pack("<Q", loads[0][0] + 16) * 512)
        core.truncate(offset)
    os.chmod(path, 0o600)


numbers = [int(word) for word in sys.argv[2:]]
main(sys.argv[1], *(numbers + [1000, 10000, 64][len(numbers):]))
