#!/usr/bin/env bash
# Guess: posix_fadvise(2) with POSIX_FADV_WILLNEED and readahead(2) begin to read the range that they are given into the page
#   cache; with idle memory all of it is there soon.
# Found: one call reads no more than the device's readahead or its largest request, whichever is more, and says success. Of
#   64 MiB all but the first 8 stay on the disk here. In steps of that size all of it comes. (ext4, Linux 6.18.)
# Here: whoever drops what he wrote, and wants its end in the page cache for the debugger, has to ask for it piece by piece.
. "$(dirname "$0")/lib.sh"
head -c 64M /dev/urandom >"$work/file"
sync "$work/file"
device=$(stat -c '%Hd:%Ld' "$work/file")
limits=$(cat "/sys/class/bdi/$device/read_ahead_kb" "/sys/dev/block/$device/queue/max_sectors_kb" \
  "/sys/dev/block/$device/../queue/max_sectors_kb" 2>/dev/null | sort -n | tail -n 1 || true)

python3 - "$work/file" >"$work/found" <<'P'
import ctypes, mmap, os, sys, time
libc = ctypes.CDLL(None, use_errno=True)
libc.readahead.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_size_t]
size, page = 64 << 20, mmap.PAGESIZE
file = os.open(sys.argv[1], os.O_RDWR)
memory = mmap.mmap(file, size)
address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
def cached():
    pages = (ctypes.c_ubyte * (size // page))()
    libc.mincore(ctypes.c_void_p(address), ctypes.c_size_t(size), pages)
    return sum(flag & 1 for flag in pages) * page >> 10
def measure(advise):
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    assert cached() == 0
    advise()
    time.sleep(1)
    return cached()
def in_steps():
    for start in range(0, size, 128 << 10): os.posix_fadvise(file, start, 128 << 10, os.POSIX_FADV_WILLNEED)
print(measure(lambda: os.posix_fadvise(file, 0, size, os.POSIX_FADV_WILLNEED)), measure(lambda: libc.readahead(file, 0, size)),
    measure(in_steps))
P
read -r advised ahead stepwise <"$work/found"

echo "  Linux $(uname -r | cut -d. -f1-2), readahead or largest request of the disk: ${limits:-unknown} KiB"
echo "  KiB of 65536 that one call of fadvise, of readahead brought: $advised, $ahead"
expect "one call brings all of it" "no" "$([[ $advised -lt 65536 && $ahead -lt 65536 ]] && echo no || echo yes)"
expect "fadvise and readahead bring the same" "yes" "$([[ $advised == "$ahead" ]] && echo yes || echo no)"
[[ -z $limits ]] || expect "as much as the disk's limit" "$limits" "$advised"
expect "calls of 128 KiB each bring" 65536 "$stepwise"
