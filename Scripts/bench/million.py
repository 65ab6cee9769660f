#!/usr/bin/env python3
"""Writes a core with a million segments, as the kernel would: million.py FILE [SEGMENTS].

The file header can't count so many (e_phnum is 0xffff); the count stands in the one section header,
at the very end. Each segment is a page; every 64th has contents, the others are holes.
"""

import os
import struct
import sys

PAGE = 4096


def note(kind, descriptor):
    name = b"CORE\0\0\0\0"
    return struct.pack("<III", 5, len(descriptor), kind) + name + descriptor + bytes(
        -len(descriptor) % 4)


def prstatus(pid):
    descriptor = bytearray(336)
    struct.pack_into("<iii", descriptor, 0, 6, 0, 0)  # si_signo
    struct.pack_into("<h", descriptor, 12, 6)  # pr_cursig
    struct.pack_into("<i", descriptor, 32, pid)  # pr_pid
    return note(1, bytes(descriptor))


def prpsinfo(pid):
    descriptor = bytearray(136)
    struct.pack_into("<i", descriptor, 24, pid)  # pr_pid
    descriptor[40:47] = b"million"  # pr_fname
    descriptor[56:63] = b"million"  # pr_psargs
    return note(3, bytes(descriptor))


def main(path, segments):
    notes = prstatus(4711) + prpsinfo(4711) + prstatus(4712)
    entries = segments + 1
    notes_at = 64 + 56 * entries
    memory_at = (notes_at + len(notes) + PAGE - 1) // PAGE * PAGE
    sections_at = memory_at + segments * PAGE
    with open(path, "wb") as core:
        core.write(b"\x7fELF\2\1\1" + bytes(9))
        core.write(struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, sections_at, 0, 64, 56, 0xFFFF,
                               64, 1, 0))
        core.write(struct.pack("<IIQQQQQQ", 4, 0, notes_at, 0, 0, len(notes), 0, 4))
        entry = struct.Struct("<IIQQQQQQ")
        for i in range(segments):  # every other page, so that no two could be one
            core.write(entry.pack(1, 6, memory_at + i * PAGE, 0x10000000 + 2 * i * PAGE, 0, PAGE,
                                  PAGE, PAGE))
        core.write(notes)
        for i in range(0, segments, 64):
            core.seek(memory_at + i * PAGE)
            core.write(struct.pack("<Q", i + 1) * (PAGE // 8))
        core.seek(sections_at)
        # sh_size is the count of section headers, sh_link of the names, sh_info of the segments
        core.write(struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, 1, 0, entries, 0, 0))
    os.chmod(path, 0o600)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 1_000_000)
