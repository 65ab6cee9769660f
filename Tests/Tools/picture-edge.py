#!/usr/bin/env python3
"""Prints how many rows of a picture fade from white to a dark edge at a column, with white behind it.

usage: picture-edge.py PICTURE.png COLUMN
"""
import struct
import sys
import zlib


def rows(png):
    """Each row as pixels of red, green and blue."""
    place, packed = 8, b""
    while place < len(png):
        size, kind = struct.unpack_from(">I4s", png, place)
        content = png[place + 8 : place + 8 + size]
        if kind == b"IHDR":
            width, height, depth, color = struct.unpack_from(">IIBB", content)
            assert depth == 8 and color in (2, 6), "another kind of PNG"
        if kind == b"IDAT":
            packed += content
        place += 12 + size
    step = 3 if color == 2 else 4
    data, before = zlib.decompress(packed), bytearray(width * step)
    for start in range(0, height * (width * step + 1), width * step + 1):
        way, row = data[start], bytearray(data[start + 1 : start + 1 + width * step])
        for at in range(len(row)):
            left, above = row[at - step] if at >= step else 0, before[at]
            corner = before[at - step] if at >= step else 0
            if way == 3:
                near = (left + above) // 2
            elif way == 4:
                near = min((left, above, corner), key=lambda one: abs(left + above - corner - one))
            else:
                near = (0, left, above)[way]
            row[at] = (row[at] + near) % 256
        yield [sum(row[at : at + 3]) / 3 for at in range(0, len(row), step)]
        before = row


def main():
    column = int(sys.argv[2])
    with open(sys.argv[1], "rb") as file:
        count = sum(
            row[column - 15] > 240 and row[column + 3] > 240 and row[column - 15] > row[column - 6] > row[column - 1] < 160
            for row in rows(file.read())
        )
    print(count)


main()
