#!/usr/bin/env bash
# Guess: process_vm_readv(2) doesn't split an element of the remote vector, as its manual says: if a page within it can't be read,
#   what was asked for by that element isn't transferred, so that a range is given as one element per page to have what can be had.
# Found: the bytes before the page come, and the count ends there, in the middle of the element (Linux 6.18). 16 pages in one
#   element, of which the sixth isn't mapped, give 5 pages, with one element as with one for each page.
# Here: a short count is where the next read has to begin, not a reason to drop the buffer. Of what lies behind the page none comes.
. "$(dirname "$0")/lib.sh"
python3 - >"$work/seen" <<'P'
import ctypes, os, signal
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
class Part(ctypes.Structure): _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
page = 4096
memory = libc.mmap(None, 16 * page, 3, 0x22, -1, 0)
ctypes.memset(memory, ord("M"), 16 * page)
libc.munmap(ctypes.c_void_p(memory + 5 * page), page)
child = os.fork()
if child == 0: signal.pause()
def read(parts):
    room = ctypes.create_string_buffer(16 * page)
    here, there = Part(ctypes.addressof(room), 16 * page), (Part * len(parts))(*parts)
    count = libc.process_vm_readv(child, ctypes.byref(here), 1, there, len(parts), 0)
    print(f"{count / page:g} pages, {room.raw.count(b'M') / page:g} of them in the buffer")
try:
    read([Part(memory, 16 * page)])
    read([Part(memory + i * page, page) for i in range(16)])
    read([Part(memory + 3 * page, 8 * page)])
finally:
    os.kill(child, signal.SIGKILL)
P
expect "16 pages in one element, the sixth is not mapped" "5 pages, 5 of them in the buffer" "$(sed -n 1p "$work/seen")"
expect "in 16 elements" "5 pages, 5 of them in the buffer" "$(sed -n 2p "$work/seen")"
expect "8 pages in one element, the third is not mapped" "2 pages, 2 of them in the buffer" "$(sed -n 3p "$work/seen")"
