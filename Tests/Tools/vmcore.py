#!/usr/bin/env python3
"""Writes a kernel's memory as /proc/vmcore has it, as little of one as makedumpfile takes.

usage: vmcore.py OUT

The kernel never ran: there are its page tables, its name, and the pointer to its pages, which are what makedumpfile asks for.
"""
import struct
import sys

RELEASE = "6.1.0-30-amd64"
PHYSICAL, TEXT = 0x2A10000, 0xFFFFFFFF80000000
TABLES, NAME, PAGES = 0x0, 0x4700, 0x4A00  # in the one segment


def note(owner, kind, content):
    pad = lambda data: data + bytes(-len(data) % 4)
    return struct.pack("<III", len(owner) + 1, len(content), kind) + pad(owner + b"\0") + pad(content)


def main():
    at = lambda place: f"{TEXT + PHYSICAL + place:x}"
    facts = f"""OSRELEASE={RELEASE}
PAGESIZE=4096
SYMBOL(init_uts_ns)={at(NAME)}
OFFSET(uts_namespace.name)=4
SYMBOL(swapper_pg_dir)={at(TABLES)}
SYMBOL(init_top_pgt)={at(TABLES)}
SYMBOL(_stext)=ffffffff81000000
SYMBOL(mem_map)={at(PAGES)}
SIZE(page)=64
SIZE(list_head)=16
OFFSET(page.flags)=0
OFFSET(page._refcount)=52
OFFSET(page.mapping)=24
OFFSET(page.lru)=8
OFFSET(list_head.next)=0
OFFSET(list_head.prev)=8
NUMBER(NR_FREE_PAGES)=0
NUMBER(PG_lru)=4
NUMBER(PG_private)=12
NUMBER(PG_swapcache)=10
NUMBER(PG_slab)=9
NUMBER(phys_base)=0
NUMBER(pgtable_l5_enabled)=0
KERNELOFFSET=0
"""
    memory = bytearray(0x10000)
    # Three tables, of which the last maps 2 MiB at once.
    for place, entry in (
        (511 * 8, PHYSICAL + 0x1003),
        (0x1000 + 510 * 8, PHYSICAL + 0x2003),
        (0x2000 + (PHYSICAL >> 21) * 8, (PHYSICAL >> 21 << 21) | 0x83),
    ):
        struct.pack_into("<Q", memory, TABLES + place, entry)
    struct.pack_into("<Q", memory, PAGES, 0xFFFFEA0000000000)
    for index, word in enumerate(("Linux", "node", RELEASE, "#1 SMP", "x86_64", "(none)")):
        start = NAME + 4 + 65 * index
        memory[start : start + len(word)] = word.encode()
    notes = note(b"CORE", 1, bytes(0x150)) + note(b"VMCOREINFO", 0, facts.encode())
    start = 64 + 2 * 56
    header = b"\x7fELF\2\1\1" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    header += struct.pack("<IIQQQQQQ", 4, 4, start, 0, 0, len(notes), len(notes), 4)
    begin = start + len(notes)
    header += struct.pack("<IIQQQQQQ", 1, 6, begin, PHYSICAL, PHYSICAL, len(memory), len(memory), 4096)
    with open(sys.argv[1], "wb") as out:
        out.write(header + notes + memory)


main()
