#!/usr/bin/env python3
"""Small cores that name much: hostile.py KIND OUT [PROGRAM]

KIND is table (16.7 million program headers in a hole), notes (5 million empty ones), overlap (60,000 segments over the same
bytes, with OUT.map), program (500,000 segments beside PROGRAM's), or names (a million in NT_FILE).
"""

import os
import struct
import sys

PAGE = 4096


def file_header(count, sections=0):
    return b"\x7fELF" + bytes([2, 1, 1, 0]) + bytes(8) + struct.pack(
        "<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, sections, 0, 64, 56, count, 64, 1 if sections else 0, 0)


def segment(kind, address, offset, size, flags=6, memory=None):
    return struct.pack("<IIQQQQQQ", kind, flags, offset, address, 0, size, size if memory is None else memory, 4)


def section(count):
    return struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, 1, 0, count, 0, 0)


def note(kind, descriptor):
    return struct.pack("<III", 5, len(descriptor), kind) + b"CORE\0\0\0\0" + descriptor + bytes(-len(descriptor) % 4)


def thread(stack):
    registers = bytearray(336)
    struct.pack_into("<I", registers, 32, 100)
    struct.pack_into("<Q", registers, 112 + 19 * 8, stack)
    return note(1, bytes(registers))


def write(path, parts, size):
    with open(path, "wb") as core:
        for offset, data in parts:
            core.seek(offset)
            core.write(data)
        core.truncate(size)


def table(out):
    count = (1 << 24) - 1
    end = 64 + 56 * count
    write(out, [
        (0, file_header(0xFFFF, end) + segment(1, 0x10000, end + PAGE, 1 << 20)),
        (end, section(count)), (end + PAGE, os.urandom(PAGE))], end + 2 * PAGE)


def notes(out):
    head = file_header(2) + segment(4, 0, 512, 60 << 20) + segment(1, 0x10000, 64 << 20, 1 << 20)
    write(out, [(0, head), (512, thread(0x11000)), (64 << 20, os.urandom(2 * PAGE))], (64 << 20) + 2 * PAGE)


def overlap(out):
    count, start, size = 60000, 4 << 20, 16 << 20
    head = file_header(count + 1) + segment(4, 0, 64 + 56 * (count + 1), len(thread(0)))
    head += b"".join(segment(1, 0x100000 + i * 2 * size, start, size) for i in range(count))
    write(out, [(0, head + thread(0x101000)), (start, os.urandom(size))], start + size)
    lines = ["0x0 ?", "0x0 %#x +" % start]
    for place in range(start, start + 500 * 2 * PAGE, 2 * PAGE):
        lines += ["%#x %#x +" % (place, PAGE), "%#x %#x -" % (place + PAGE, PAGE)]
    lines.append("%#x %#x +" % (place + 2 * PAGE, start + size - place - 2 * PAGE))
    with open(out + ".map", "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")


def program(out, path):
    with open(path, "rb") as file:
        data = file.read(PAGE)
    entry, table_offset = struct.unpack_from("<QQ", data, 24)
    count = struct.unpack_from("<H", data, 56)[0]
    base = 0x555555000000
    segments = []
    for i in range(count):
        kind, flags, _, address, _, size = struct.unpack_from("<IIQQQQ", data, table_offset + 56 * i)
        if kind == 1:
            start = (base + address) & -PAGE
            segments.append((flags, start, ((base + address + size + PAGE - 1) & -PAGE) - start))
    segments += [(4, 0x7F0000000000 + i * 2 * PAGE, PAGE) for i in range(500000)]
    pairs = [(3, base + table_offset), (4, 56), (5, count), (9, base + entry), (6, PAGE), (0, 0)]
    vector = b"".join(struct.pack("<QQ", *pair) for pair in pairs)
    described = thread(0x7F0000000800) + note(6, vector)
    total = len(segments) + 2
    end = 64 + 56 * total
    place = (end + 64 + 15) & -16
    memory = (place + len(described) + PAGE - 1) & -PAGE
    parts = [file_header(0xFFFF, end), segment(4, 0, place, len(described))]
    parts += [segment(1, start, memory, 0, flags, size) for flags, start, size in segments]
    parts += [segment(1, 0x7FFF00000000, memory, 1 << 20), section(total)]
    write(out, [(0, b"".join(parts)), (place, described), (memory, os.urandom(PAGE))], memory + PAGE)


def names(out):
    count = 1000000
    files = bytearray(struct.pack("<QQ", count, PAGE))
    for i in range(count):
        start = 0x400000000000 + i * 2 * PAGE
        files += struct.pack("<QQQ", start, start + PAGE, 0)
    for i in range(count):
        files += b"/lib/x%x\0" % i
    described = thread(0x600800) + note(0x46494C45, bytes(files))
    memory = (512 + len(described) + PAGE - 1) & -PAGE
    head = file_header(2) + segment(4, 0, 512, len(described)) + segment(1, 0x600000, memory, 1 << 20)
    write(out, [(0, head), (512, described), (memory, os.urandom(PAGE))], memory + PAGE)


globals()[sys.argv[1]](*sys.argv[2:])
