#!/usr/bin/env bash
# Guess: a file by `zstd --patch-from=BASE`, or by -D with a file that is no trained dictionary, says that it needs one: unpacked without
#   it, zstd ends with a word about a dictionary, as it does of those that were made with a trained one.
# Found: zstd 1.5.4 says "Data corruption detected", as of a damaged file, by -d and by -t; -l shows frame, size and checksum as of any
#   other. Only a trained dictionary has a number that the frame can name, and only then the error is "Dictionary mismatch".
# Here: cores of one program are packed well against each other; such an archive is no damaged one while its base is somewhere, and
#   nothing in it says which that was.
. "$(dirname "$0")/lib.sh"
newest() { echo "$1=$(apt-cache madison "$1" | awk -v start="$2" '!found && index($3, start) == 1 { print $3; found = 1 }')"; }
deb "$(newest zstd 1.5.4)" "$(newest libzstd1 1.5.4)"
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu PATH=$work/root/usr/bin:$PATH
cd "$work"
python3 - <<'P'
import base64, random
some = random.Random(1).randbytes
open("base", "wb").write(base64.b64encode(some(300000)))
open("next", "wb").write(open("base", "rb").read() + some(1000))
for i in range(200):
    open(f"sample{i}", "wb").write(b"".join(random.Random(k).randbytes(30) for k in random.Random(i).choices(range(40), k=60)))
P
zstd -q --train sample* -o trained --maxdict=4096 2>/dev/null
zstd -q --patch-from=base next -o by-patch.zst
zstd -q -D base next -o by-file.zst
zstd -q -D trained sample1 -o by-trained.zst
for how in by-patch by-file by-trained; do
  said=""
  ! zstd -t "$how.zst" >out 2>&1 || said="taken for whole, "
  said+=$(grep -oE 'Data corruption detected|Dictionary mismatch' out | sort -u)
  expect "zstd -t, $how" "$([[ $how == by-trained ]] && echo "Dictionary mismatch" || echo "Data corruption detected")" "$said"
done
expect "zstd -l of the patch" "status 0, XXH64" "$(zstd -l by-patch.zst >out 2>/dev/null; echo "status $?, $(grep -o XXH64 out)")"
expect "with its base" "right" "$(zstd -dc --patch-from=base by-patch.zst | cmp -s - next && echo right)"
