#!/usr/bin/env bash
# Guess: `zstd -dc --sparse PART >>CORE` and `lz4 -dc --sparse` put a part of a core behind what is there, with holes for its zeros; on
#   a descriptor that can only append they write the zeros, or refuse.
# Found: zstd 1.5.4 and lz4 1.9.4 seek over the zeros, and a file that is opened for appending doesn't know of seeks: the zeros are
#   left out, all that follows stands too early, and the status is 0. The checksum in the frame is right, for it is of what was
#   decoded. GNU dd (conv=sparse,notrunc oflag=append) does the same. xz 5.4.1, which makes holes by itself on standard output,
#   looks for that and writes the zeros. In a group ({ cat A; zstd -dc --sparse B; } >CORE) all is right.
# Here: a core that was put together from parts is shorter than it should be, and nothing behind the first such place stands where its
#   header says: that is not a cut, and the parts, unpacked once more, are whole.
. "$(dirname "$0")/lib.sh"
newest() { echo "$1=$(apt-cache madison "$1" | awk -v start="$2" 'index($3, start) == 1 { print $3; exit }')"; }
deb lz4=1.9.4-1 liblz4-1=1.9.4-1 "$(newest zstd 1.5.4)" "$(newest libzstd1 1.5.4)" \
  "$(newest xz-utils 5.4.1-1)" "$(newest liblzma5 5.4.1-1)" coreutils=9.1-1
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu PATH=$work/root/usr/bin:$work/root/bin:$PATH
cd "$work"
python3 - <<'P'
import random
some = random.Random(1).randbytes
open("one", "wb").write(some(1 << 20))
open("two", "wb").write(some(65536) + bytes(4 << 20) + some(65536))
P
cat one two >whole
zstd -qk two
lz4 -qk two two.lz4
xz -k two
behind() { # COMMAND...: what the part that it writes becomes behind the first one
  cp one out
  local status=0
  "$@" >>out 2>/dev/null || status=$?
  cmp -s out whole && echo "status $status, right" || echo "status $status, $(($(stat -c %s whole) - $(stat -c %s out))) bytes less"
}
expect "zstd -dc" "status 0, right" "$(behind zstd -dc two.zst)"
expect "zstd -dc --sparse" "status 0, 4194304 bytes less" "$(behind zstd -dc --sparse two.zst)"
expect "lz4 -dc" "status 0, right" "$(behind lz4 -dc two.lz4)"
expect "lz4 -dc --sparse" "status 0, 4194304 bytes less" "$(behind lz4 -dc --sparse two.lz4)"
expect "dd conv=sparse" "status 0, 4194304 bytes less" "$(behind dd if=two conv=sparse,notrunc oflag=append bs=64k)"
expect "xz -dc" "status 0, right" "$(behind xz -dc two.xz)"
{ cat one; zstd -dc --sparse two.zst; } >out
expect "zstd --sparse in a group" "right" "$(cmp -s out whole && echo right)"
