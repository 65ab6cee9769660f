#!/usr/bin/env bash
# Guess: who unpacks a cut .gz is told so: gzip, pigz and Python's gzip end with an error after what there is, and faster tools for
#   the same format do, too.
# Found: rapidgzip 0.16.2 gives the same bytes, ends with 0 and says nothing. indexed_gzip 1.10.3, which is for reading at any place of
#   large files, has the end of the file where the cut is, without an exception. libdeflate-gunzip 1.14 says "corrupt", and gives
#   nothing of it at all. isal's igzip (2.30, and its Python package 1.9.1) and zlib_ng 1.1.0 are as gzip.
# Here: a core that was unpacked by one of the first two may be cut, and nobody was told; `gzip -t` tells. What is cut is to be
#   unpacked by gzip -dc, not by the third.
. "$(dirname "$0")/lib.sh"
deb libdeflate-tools=1.14-1 libdeflate0=1.14-1 isal=2.30.0-5 libisal2=2.30.0-5
py rapidgzip==0.16.2 indexed_gzip==1.10.3 isal==1.9.1 zlib_ng==1.1.0
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu
cd "$work"
python3 -c 'import base64, random; open("whole", "wb").write(base64.b64encode(random.Random(1).randbytes(12 << 20)))'
gzip -c whole >all.gz
head -c $(($(stat -c %s all.gz) * 7 / 10)) all.gz >core.gz
# gives COMMAND...: the MiB of the whole that it gives, its status, and whether it says a word.
gives() {
  local status=0 size
  "$@" >out 2>words </dev/null || status=$?
  size=$(stat -c %s out)
  cmp -s -n "$size" out whole || size=-1
  echo "$((size >> 20)) MiB, status $status, $([[ -s words ]] && echo words || echo silent)"
}
reads() { # EXPRESSION: of Python, which opens the file
  python3 -c "
import sys
from gzip import open as gzip
from indexed_gzip import open as indexed_gzip
from isal.igzip import open as igzip
from zlib_ng.gzip_ng import open as gzip_ng
file = $1('core.gz')
while piece := file.read(65536): sys.stdout.buffer.write(piece)"
}
expect "gzip" "11 MiB, status 1, words" "$(gives gzip -dc core.gz)"
expect "rapidgzip" "11 MiB, status 0, silent" "$(gives py/bin/rapidgzip -d -c core.gz)"
expect "rapidgzip on two processors" "11 MiB, status 0, silent" "$(gives py/bin/rapidgzip -P 2 -d -c core.gz)"
expect "igzip" "11 MiB, status 1, words" "$(gives root/usr/bin/igzip -d -c core.gz)"
expect "libdeflate-gunzip" "0 MiB, status 1, words" "$(gives root/usr/bin/libdeflate-gunzip -c core.gz)"
expect "Python's gzip" "11 MiB, status 1, words" "$(gives reads gzip)"
expect "indexed_gzip" "11 MiB, status 0, silent" "$(gives reads indexed_gzip)"
expect "isal" "11 MiB, status 1, words" "$(gives reads igzip)"
expect "zlib_ng" "11 MiB, status 1, words" "$(gives reads gzip_ng)"
