#!/usr/bin/env bash
# Guess: GNU tar knows all keywords that POSIX gives pax headers; hdrcharset, by which bsdtar says that a name is no UTF-8, among them.
# Found: GNU tar 1.34 says "Ignoring unknown extended header keyword 'hdrcharset'" for every such member, whatever it is asked for,
#   and ends with 0: the names are right, byte for byte, for it never converts any. bsdtar 3.6.2, which wrote the archive, reads it
#   without a word.
# Here: a bundle of a core whose files have names that are no UTF-8 unpacks well, with a line of warning for each.
. "$(dirname "$0")/lib.sh"
deb tar=1.34+dfsg-1.2+deb12u1 libarchive-tools=3.6.2-1+deb12u5 libarchive13=3.6.2-1+deb12u5
bsdtar() { LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu "$work/root/usr/bin/bsdtar" "$@"; }
mkdir "$work/in" "$work/out"
for name in $'na\xffme' $'other\xfe' plain; do echo core >"$work/in/$name"; done
bsdtar --format pax -C "$work/in" -cf "$work/archive" .
status=0
"$work/root/bin/tar" -C "$work/out" -xf "$work/archive" 2>"$work/said" || status=$?
expect "GNU tar -x: status" 0 "$status"
expect "lines that it says" "2 of 'hdrcharset'" "$(grep -c "unknown extended header keyword 'hdrcharset'" "$work/said") of 'hdrcharset'"
expect "names and contents" same "$(diff -r "$work/in" "$work/out" >/dev/null && echo same || echo other)"
expect "bsdtar -t says" "nothing" "$(bsdtar -tf "$work/archive" 2>&1 >/dev/null | grep -q hdrcharset && echo something || echo nothing)"
