#!/usr/bin/env bash
# Guess: 7-Zip, GNU cpio and Perl's Archive::Tar, which read tar archives and are kept up to date, unpack one by `tar -S` or bsdtar to
#   the right file, or say that they can't.
# Found: 7-Zip 26.02 knows GNU tar's own sparse format and no other: of the pax one, which bsdtar and --format=posix write, it makes a
#   file of the pieces that were not holes, one behind the other, says "Everything is Ok" and ends with 0. Archive::Tar 2.40
#   and MirBSD's pax (2020) do so with both formats, GNU cpio 2.13 with GNU's. tarlz 0.23 refuses GNU's, and makes pieces of pax's.
#   The folder's name, GNUSparseFile.N, is the only sign, and with --sparse-version=0.0 there is none.
# Here: more tools do what busybox does: what comes out begins as the core does, or with a list of numbers, and looks like a core
#   that was cut; the archive is whole. GNU tar, bsdtar and Python's tarfile unpack it.
. "$(dirname "$0")/lib.sh"
deb 7zip="$(apt-cache madison 7zip | awk '!found && $3 ~ /26[.]02/ { print $3; found = 1 }')" cpio=2.13+dfsg-7.1 pax=1:20201030-1 \
  tarlz=0.23-3 liblz1=1.13-5 perl-modules-5.36="$(apt-cache madison perl-modules-5.36 | awk '!found && $3 ~ /^5[.]36[.]0-/ { print $3; found = 1 }')" \
  tar=1.34+dfsg-1.2+deb12u1 libarchive-tools=3.6.2-1+deb12u5 libarchive13=3.6.2-1+deb12u5
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu
truncate -s 1M "$work/core"
for place in 0 262144 786432; do printf '%4096s' "at $place" | dd of="$work/core" bs=4096 seek=$((place / 4096)) conv=notrunc status=none; done
unpack() { # TOOL: of ../archive, into the working folder
  local root=$work/root
  case $1 in
    7-Zip) "$root/usr/bin/7zz" x -y ../archive ;;
    cpio) "$root/bin/cpio" -id <../archive ;;
    Archive::Tar) perl -I "$root/usr/share/perl/5.36.0" -MArchive::Tar -e 'Archive::Tar->new("../archive")->extract() or exit 1' ;;
    pax) "$root/bin/pax" -rf ../archive ;;
    tarlz) "$root/usr/bin/tarlz" -xf ../archive ;;
  esac >/dev/null 2>&1
}
for format in gnu 0.0 1.0 bsdtar; do
  case $format in
    gnu) (cd "$work" && root/bin/tar -S --format=gnu -cf archive core) ;;
    bsdtar) (cd "$work" && root/usr/bin/bsdtar -cf archive core) ;;
    *) (cd "$work" && root/bin/tar -S --format=posix --sparse-version="$format" -cf archive core) ;;
  esac
  for tool in 7-Zip cpio Archive::Tar pax tarlz; do
    [[ $format,$tool != [!g]*,cpio ]] || continue
    rm -rf "$work/out"
    mkdir "$work/out"
    status=0
    (cd "$work/out" && unpack "$tool") || status=$?
    file=$(find "$work/out" -type f -name core)
    if [[ ! $file ]]; then found="no file"
    elif cmp -s "$work/core" "$file"; then found=right
    else found="$(stat -c %s "$file") bytes"; fi
    case $format,$tool in
      gnu,7-Zip) wanted="status 0, right" ;;
      gnu,tarlz) wanted="status 2, no file" ;;
      gnu,* | 0.0,*) wanted="status 0, 12288 bytes" ;;
      *) wanted="status 0, 12800 bytes" ;;
    esac
    expect "$format, $tool" "$wanted" "status $status, $found"
  done
done
