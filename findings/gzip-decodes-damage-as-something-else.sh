#!/usr/bin/env bash
# Guess: where bytes in the middle of a .gz file are changed, gzip -d stops near there ("invalid compressed data"), and what it gave
#   before is right; so a damaged core.gz gives a shorter core.
# Found: deflate has no checksum of its blocks, and its codes fall into step again: one changed bit, or 512 bytes that became zeros,
#   decode to the end of the file, as something else and mostly as another length, so that all that follows stands elsewhere.
#   Only the CRC behind the last byte tells, and not where. zstd's decoder notices half of such damage in the block that was
#   hit; the other half, without --check, which libarchive's zstd filter has not either, nobody does.
# Here: a wrong CRC makes a core damaged however long it is, and where inflate does stop, the 64 KiB before that count as lost.
. "$(dirname "$0")/lib.sh"
deb gzip=1.12-1 zstd=1.5.4+dfsg2-5
PATH=$work/root/bin:$work/root/usr/bin:$PATH
gzip --version | head -n 1
zstd --version
# Text and binary data in turn, as a core has them.
head -c 2000000 "$work/root/usr/bin/zstd" >"$work/s"
seq -w 200000 >>"$work/s"
cat "$work/root/bin/gzip" >>"$work/s"
gzip -nc "$work/s" >"$work/s.gz"
zstd -qc --no-check "$work/s" >"$work/s.zst"
python3 - "$work" <<'P'
import random, sys
folder = sys.argv[1]
for ending in "gz", "zst":
    whole = open(f"{folder}/s.{ending}", "rb").read()
    random.seed(7)
    for number in range(40):
        data, place = bytearray(whole), random.randrange(1000, len(whole) - 2000)
        if number < 20:
            data[place] ^= 1 << random.randrange(8)
        else:
            data[place:place + 512] = bytes(512)
        open(f"{folder}/{number}.{ending}", "wb").write(data)
P
count() { # ENDING COMMAND: in how many of 40 damaged files all is decoded before an error is seen
  local number all=0
  for number in {0..39}; do
    "${@:2}" <"$work/$number.$1" >"$work/out" 2>"$work/err" || true
    # gzip tells of the CRC and of the length once it has come to the end.
    if grep -q "crc error\|length error" "$work/err" || [[ $1 == zst && ! -s $work/err ]]; then all=$((all + 1)); fi
  done
  if [[ $all -ge 35 ]]; then echo "most of 40"; elif [[ $all -ge 10 && $all -le 30 ]]; then echo "about half of 40"; else echo "$all"; fi
}
expect "damaged .gz files that are decoded to their end" "most of 40" "$(count gz gzip -dc)"
expect "damaged .zst files without a checksum in which nothing is noticed" "about half of 40" "$(count zst zstd -qdc)"
