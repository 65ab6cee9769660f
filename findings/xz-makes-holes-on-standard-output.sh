#!/usr/bin/env bash
# Guess: `xz -dc IN >OUT` writes every byte, as gzip, zstd and lz4 do on standard output (those that make holes do so only
#   for files that they open themselves).
# Found: xz looks whether its standard output is a regular file, and seeks over zeros in it: 8 MiB of zeros are 8 blocks.
# Here: holes in a core that came out of `xz -dc >core` are no sign that the kernel wrote it into a file.
. "$(dirname "$0")/lib.sh"
deb xz-utils=$(apt-cache madison xz-utils | awk '$3 ~ /^5\.4\.1-/ { print $3; exit }') lz4=1.9.4-1 zstd=1.5.4+dfsg2-5
truncate -s 8M "$work/data"
echo end >>"$work/data"
for tool in xz zstd lz4; do
  "$work/root/usr/bin/$tool" -qc "$work/data" >"$work/packed"
  "$work/root/usr/bin/$tool" -qdc "$work/packed" >"$work/out"
  [[ $tool == xz ]] && wanted=yes || wanted=no
  expect "$tool -dc >out makes holes" "$wanted" "$( (($(stat -c %b "$work/out") < 1000)) && echo yes || echo no)"
done
