#!/usr/bin/env bash
# Guess: `rsync -S --append CORE COPY` goes on with a copy that was broken off: what is there stays, and the rest comes behind it, with
#   holes for zeros.
# Found: from one folder to another of the same machine, rsync 3.2.7 and 3.5.0 punch a hole over all that was there and end with 0:
#   size and end are right, and every byte of the first part is zero, the ELF header too. Without -S, with
#   --append-verify in place of --append, and with --no-whole-file, which is how it copies between machines, it is right.
# Here: a file that begins with zeros and has memory behind them is no core that was damaged but half of a copy: while the source is
#   there, copy again without them; the same command once more does nothing, for the size is right.
. "$(dirname "$0")/lib.sh"
python3 - "$work/core" <<'P'
import random, sys
some = random.Random(1).randbytes
open(sys.argv[1], "wb").write(b"\x7fELF" + some((5 << 20) - 4) + bytes(2 << 20) + some(2 << 20))
P
part=$((3 << 20)) size=$((9 << 20))
resume() { # OPTION...: what rsync makes of the first 3 MiB of the core
  head -c "$part" "$work/core" >"$work/copy"
  local status=0 seen="another file"
  "$work/root/usr/bin/rsync" "$@" "$work/core" "$work/copy" >"$work/out" 2>&1 || status=$?
  if cmp -s "$work/core" "$work/copy"; then
    seen="the core"
  elif cmp -s <(head -c "$part" /dev/zero; tail -c +$((part + 1)) "$work/core") "$work/copy"; then
    seen="zeros, then the rest"
  fi
  echo "status $status, $(stat -c %s "$work/copy") bytes, $seen"
}
for version in 3.2.7 3.5.0; do
  rm -rf "$work/root"
  deb "rsync=$(apt-cache madison rsync | awk -v start="$version" '!found && index($3, start) == 1 { print $3; found = 1 }')" \
    libpopt0=1.19+dfsg-1 libxxhash0=0.8.1-1
  export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu
  expect "$version -S --append" "status 0, $size bytes, zeros, then the rest" "$(resume -S --append)"
  "$work/root/usr/bin/rsync" -S --append "$work/core" "$work/copy"
  expect "$version the same once more" "zeros" "$(cmp -s -n "$part" /dev/zero "$work/copy" && echo zeros)"
  expect "$version --append" "status 0, $size bytes, the core" "$(resume --append)"
  expect "$version -S --append-verify" "status 0, $size bytes, the core" "$(resume -S --append-verify)"
  expect "$version -S --append --no-whole-file" "status 0, $size bytes, the core" "$(resume -S --append --no-whole-file)"
  unset LD_LIBRARY_PATH
done
