#!/usr/bin/env bash
# Guess: `tar -xS` makes holes of the zeros in an archive that was made without -S, as cp --sparse=always and bsdtar -xS do.
# Found: GNU tar 1.34 takes -S with -x, says nothing, and writes every zero: 40 MiB of zeros are 40 MiB on the disk. bsdtar 3.6.2 makes
#   holes with it.
# Here: a core that went through a plain archive needs the room of all its memory when it is unpacked.
. "$(dirname "$0")/lib.sh"
deb tar=1.34+dfsg-1.2+deb12u1 libarchive-tools=3.6.2-1+deb12u5 libarchive13=3.6.2-1+deb12u5
mkdir "$work/tar" "$work/bsdtar"
truncate -s 40M "$work/core"
(cd "$work" && root/bin/tar -cf archive core)
(cd "$work/tar" && ../root/bin/tar -xSf ../archive)
(cd "$work/bsdtar" && LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu ../root/usr/bin/bsdtar -xSf ../archive)
for name in tar bsdtar; do
  [[ $name == tar ]] && wanted="40 MiB" || wanted="0 MiB"
  expect "$name -xS: on the disk" "$wanted" "$(($(stat -c %b "$work/$name/core") / 2048)) MiB"
done
