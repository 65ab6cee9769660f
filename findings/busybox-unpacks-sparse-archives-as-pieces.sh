#!/usr/bin/env bash
# Guess: an archive by `tar -S` unpacks everywhere, with the holes or with zeros; or it is refused.
# Found: busybox 1.35 refuses GNU tar's own format ("unknown typeflag"), but takes the pax one (--format=posix, tar's default where
#   it is not built otherwise), says nothing, ends with 0, and makes a file of the pieces that were not holes, one behind the
#   other. With --sparse-version=0.0 it has the core's name, begins with the core's own header, and looks like a core that was
#   cut; with 0.1 the same in a folder GNUSparseFile.N; with 1.0, the default, a list of numbers stands before the pieces. Python's
#   tarfile and bsdtar 3.6.2 give the right file. And bsdtar makes such an archive of a file with holes without being asked.
# Here: all memory behind the first hole would be taken for other addresses: a core that is shorter than it should be, and comes
#   out of an archive, isn't always a beginning.
. "$(dirname "$0")/lib.sh"
deb busybox=1:1.35.0-4+deb12u1+b1 tar=1.34+dfsg-1.2+deb12u1 libarchive-tools=3.6.2-1+deb12u5 libarchive13=3.6.2-1+deb12u5
truncate -s 8M "$work/core"
for mark in "0 head" "1048576 middle" "6291456 end"; do
  printf '%4096s' "${mark#* }" | dd of="$work/core" bs=4096 seek=$((${mark% *} / 4096)) conv=notrunc status=none
done
bsdtar() { LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu "$work/root/usr/bin/bsdtar" "$@"; }
for format in gnu 0.0 0.1 1.0 bsdtar; do
  [[ $format == gnu ]] && words=(--format=gnu) || words=(--format=posix --sparse-version="$format")
  (cd "$work" && if [[ $format == bsdtar ]]; then bsdtar -cf archive core; else root/bin/tar -S "${words[@]}" -cf archive core; fi)
  for reader in busybox python bsdtar; do
    rm -rf "$work/out"
    mkdir "$work/out"
    status=0
    case $reader in
      busybox) (cd "$work/out" && ../root/bin/busybox tar xf ../archive 2>/dev/null) || status=$? ;;
      python) python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$work/archive" "$work/out" || status=$? ;;
      bsdtar) (cd "$work/out" && bsdtar xf ../archive) || status=$? ;;
    esac
    found=$(find "$work/out" -type f)
    if [[ ! $found ]]; then found="no file"
    elif cmp -s "$work/core" "$found"; then found="right"
    else found="$(stat -c %s "$found") bytes beginning with $(head -c 4096 "$found" | tr -d ' \0' | head -c 4 | tr '\n' '/'), in $(basename "$(dirname "$found")" | sed 's/^\(GNU.*[.]\)[0-9]*$/\1N/')"; fi
    case $reader,$format in
      busybox,gnu) wanted="status 1, no file" ;;
      busybox,1.0 | busybox,bsdtar) wanted="status 0, 12800 bytes beginning with 4/0/, in GNUSparseFile.N" ;;
      busybox,0.0) wanted="status 0, 12288 bytes beginning with head, in out" ;;
      busybox,0.1) wanted="status 0, 12288 bytes beginning with head, in GNUSparseFile.N" ;;
      *) wanted="status 0, right" ;;
    esac
    expect "$format, $reader" "$wanted" "status $status, $found"
  done
done
