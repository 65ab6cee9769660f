#!/usr/bin/env bash
# Guess: LZ4 frames may follow each other whatever their options are; `lz4 -d` decodes them all.
# Found: after a frame with block checksums and no content checksum, lz4 1.9.4 reads four bytes too many, takes the next
#   frame for garbage, and ends with 1 after the first frame's data, without a message. Each of the two options alone works.
# Here: an archive of several frames that this lz4 is to read must not end a frame so.
. "$(dirname "$0")/lib.sh"
deb lz4=1.9.4-1
lz4=$work/root/usr/bin/lz4
"$lz4" --version
seq -w 100000 >"$work/s"
head -c 300000 "$work/s" >"$work/a"
head -c 200000 "$work/s" >"$work/b"
for options in "" "-BX" "--no-frame-crc" "-BX --no-frame-crc"; do
  for part in a b; do "$lz4" -q -f $options "$work/$part" "$work/$part.lz4"; done
  cat "$work/a.lz4" "$work/b.lz4" >"$work/ab.lz4"
  status=0
  "$lz4" -dc "$work/ab.lz4" >"$work/out" 2>"$work/err" || status=$?
  case $options in "-BX --no-frame-crc") wanted="status 1, 300000 of 500000 bytes" ;; *) wanted="status 0, 500000 of 500000 bytes" ;; esac
  expect "two frames made with '$options'" "$wanted" "status $status, $(stat -c %s "$work/out") of 500000 bytes"
done
