#!/usr/bin/env bash
# Guess: `lz4 --list`, which walks the blocks of a frame by their sizes, says so where the file ends inside one, as `zstd -l` and `xz -l`
#   do, and never ends with 0.
# Found: lz4 1.9.4 lists half a file as one frame with status 0 and not a word, and where the frame names its content's size it prints that
#   of the whole, with a ratio twice as good. zstd 1.5.4 ends with 1, and prints a line for the cut frame all the same: with the
#   whole's size, and "None" for the checksum that the frame's header says it has. xz 5.4.1 refuses.
# Here: a listing of kept cores is no check of them. `lz4 -t` is one; so is `coresalvage verify`.
. "$(dirname "$0")/lib.sh"
newest() { apt-cache madison "$1" | awk -v version="$2" 'index($3, version) == 1 { print $1 "=" $3; exit }'; }
deb lz4=1.9.4-1 liblz4-1=1.9.4-1 "$(newest zstd 1.5.4)" "$(newest libzstd1 1.5.4)" "$(newest xz-utils 5.4.1-1)" "$(newest liblzma5 5.4.1-1)"
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu PATH=$work/root/usr/bin:$PATH
cd "$work"
python3 -c 'import base64, random; open("core", "wb").write(base64.b64encode(random.Random(1).randbytes(3 << 20)))'
lz4 -q -f --content-size core all.lz4
zstd -q core -o all.zst
xz -k -c core >all.xz
for kind in lz4 zst xz; do head -c $(($(stat -c %s all.$kind) / 2)) all.$kind >half.$kind; done
# lists FILE COMMAND...: its status, and the last line about the file, in single spaces.
lists() {
  local file=$1 status=0
  shift
  "$@" "$file" >out 2>&1 </dev/null || status=$?
  echo "status $status: $(grep -F "$file" out | tail -n 1 | tr -s ' ' | sed 's/^ //; s/ $//')"
}
expect "lz4 --list of the whole" "status 0: 1 LZ4Frame B7I 4.00M 4.00M 100.00% all.lz4" "$(lists all.lz4 lz4 --list)"
expect "lz4 --list of a half" "status 0: 1 LZ4Frame B7I 2.00M 4.00M 50.00% half.lz4" "$(lists half.lz4 lz4 --list)"
expect "lz4 -t of the half" "status 68" "$(lists half.lz4 lz4 -q -t | cut -d: -f1)"
expect "zstd -l of the whole" "status 0: 1 0 3.00 MiB 4.00 MiB 1.333 XXH64 all.zst" "$(lists all.zst zstd -l)"
expect "zstd -l of a half" "status 1: 0 0 1.50 MiB 4.00 MiB 2.666 None half.zst" "$(lists half.zst zstd -l)"
expect "xz -l of a half" "status 1" "$(lists half.xz xz -l | cut -d: -f1)"
