#!/usr/bin/env bash
# Guess: a packed file that a block device, a tape or an object store has filled up with zeros to its block unpacks
#   everywhere, perhaps with a warning.
# Found: gzip, xz (multiples of four bytes) and bzip2 take it with status 0; zstd and lz4 give all the data and then end
#   with an error (zstd: "unsupported format"; lz4 1.9.4: status 1 and no word). Who goes by the status throws a good core away.
# Here: zeros after the last frame are no damage to what stands before them.
. "$(dirname "$0")/lib.sh"
deb lz4=1.9.4-1 zstd=1.5.4+dfsg2-5 gzip=1.12-1 bzip2=1.0.8-5+b1

head -c 100000 /dev/urandom >"$work/data"
for tool in gzip bzip2 zstd lz4; do
  program=$work/root/usr/bin/$tool
  [[ -x $program ]] || program=$work/root/bin/$tool
  "$program" -qc "$work/data" >"$work/packed"
  truncate -s %4096 "$work/packed"
  status=0
  "$program" -dc <"$work/packed" >"$work/out" 2>"$work/err" || status=$?
  cmp -s "$work/data" "$work/out" && same=all || same="not all"
  case $tool in gzip | bzip2) wanted="$tool: status 0, all of the data" ;; *) wanted="$tool: status 1, all of the data" ;; esac
  expect "filled up to 4096" "$wanted" "$tool: status $status, $same of the data"
done
