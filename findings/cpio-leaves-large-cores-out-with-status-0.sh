#!/usr/bin/env bash
# Guess: cpio, asked for a format whose sizes end at 4 GiB (newc, crc, as initramfs and rpm have) and a core that is larger, ends with an
#   error and another status than 0.
# Found: GNU cpio 2.13 and bsdcpio 3.6.2 print a line, leave the file out and end with 0; the archive is a good one without the core. The
#   line is GNU's only word, and names a range that isn't the format's ("0..16777215"). GNU's default (bin) is the same. odc and ustar go to 8 GiB.
# Here: `find cores | cpio -o -H newc >backup && rm -r cores` has lost the largest ones. Count the names in the archive (cpio -it).
. "$(dirname "$0")/lib.sh"
deb cpio=2.13+dfsg-7.1 libarchive-tools=3.6.2-1+deb12u5 libarchive13=3.6.2-1+deb12u5
cd "$work"
mkdir cores
echo small >cores/small
truncate -s 5G cores/large
cpio() { "$work/root/bin/cpio" "$@"; }
bsdcpio() { LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu "$work/root/usr/bin/bsdcpio" "$@"; }
for tool in cpio bsdcpio; do
  for format in newc crc bin; do
    [[ $tool,$format != bsdcpio,[cb]* ]] || continue
    status=0
    printf 'cores/large\ncores/small\n' | "$tool" -o -H "$format" >archive 2>said || status=$?
    expect "$tool -H $format" "status 0, cores/small" "status $status, $(cpio -it <archive 2>/dev/null | xargs)"
    expect "$tool -H $format, lines of the large one" 1 "$(grep -c cores/large said)"
  done
done
expect "GNU's range" "0..16777215" "$(printf 'cores/large\n' | cpio -o -H newc 2>&1 >/dev/null | grep -o '0[.][.][0-9]*')"
