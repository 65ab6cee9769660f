#!/usr/bin/env bash
# Guess: of a cut archive the parallel decompressors (plzip, pixz, pzstd) give what the plain ones (lzip, xz, zstd) give, to within a
#   block; and whether they get it as a file or through a pipe doesn't matter.
# Found: plzip 1.10 gives nothing of a file, for it looks for the index at the end first; of the same bytes through a pipe it gives
#   most. pixz 1.0.7 gives nothing either way. pzstd 1.5.4 gives another length each time, down to a third of what zstd gives
#   of the same archive; and with -d it leaves that behind under the archive's name without .zst, which zstd removes. xz -T2
#   (5.4.1) gives all that xz gives, bytes and all.
# Here: cut archives are to be unpacked by the plain tools, with -dc into a file.
. "$(dirname "$0")/lib.sh"
deb plzip=1.10-5 lzip=1.23-5 liblz1=1.13-5 pixz=1.0.7-2 zstd="$(apt-cache madison zstd | awk '$3 ~ /^1\.5\.4/ { print $3; exit }')" \
  xz-utils="$(apt-cache madison xz-utils | awk '$3 ~ /^5\.4\.1-/ { print $3; exit }')" \
  libarchive13="$(apt-cache madison libarchive13 | awk '$3 ~ /^3\.6\.2/ { print $3; exit }')"
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu:$work/root/lib/x86_64-linux-gnu
cd "$work"
bin=$work/root/usr/bin
python3 - <<'P'
import base64, random
open("whole", "wb").write(base64.b64encode(random.Random(1).randbytes(18 << 20)))
P
"$bin/lzip.plzip" -0 -n 2 -B 4MiB -c whole >all.lz
"$bin/xz" -0 -T2 --block-size=4MiB -c whole >all.xz
"$bin/pzstd" -q -c whole >all.zst
for kind in lz xz zst; do head -c $(($(stat -c %s all.$kind) * 7 / 10)) all.$kind >core.$kind; done
given() { # COMMAND... with its words away: the MiB that it gives, and whether they are the beginning of the whole
  "$@" >out 2>/dev/null </dev/stdin || true
  cmp -s -n "$(stat -c %s out)" out whole || printf 'wrong '
  echo $(($(stat -c %s out) >> 20))
}
expect "lzip, MiB" 16 "$(given "$bin/lzip.lzip" -dc core.lz)"
expect "plzip of the file" 0 "$(given "$bin/lzip.plzip" -dc core.lz)"
expect "plzip of a pipe" yes "$( (($(cat core.lz | given "$bin/lzip.plzip" -dc) > 11)) && echo yes)"
expect "xz" 16 "$(given "$bin/xz" -dc core.xz)"
expect "xz -T2" 16 "$(given "$bin/xz" -T2 -dc core.xz)"
expect "pixz" 0 "$(given "$bin/pixz" -d <core.xz)"
expect "zstd" 16 "$(given "$bin/zstd" -qdc core.zst)"
least=99 most=0
for ((i = 0; i < 12; i++)); do
  one=$(given "$bin/pzstd" -qdc core.zst)
  ((least = one < least ? one : least, most = one > most ? one : most)) || true
done
echo "  pzstd, 12 times: $least to $most MiB"
expect "always the same" no "$( ((most > least)) && echo no || echo yes)"
expect "always as much as zstd" no "$( ((least < 15)) && echo no || echo yes)"
rm -f core
"$bin/pzstd" -qd core.zst 2>/dev/null || true
expect "what pzstd -d leaves" core "$(ls core 2>/dev/null)"
rm -f core
"$bin/zstd" -qd core.zst 2>/dev/null || true
expect "what zstd -d leaves" "" "$(ls core 2>/dev/null || true)"
