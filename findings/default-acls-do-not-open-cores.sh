#!/usr/bin/env bash
# Guess: a default ACL on the folder for cores (`setfacl -d -m u:NAME:r`) lets that user read the cores that the kernel makes there, as
#   it does for every file that is made there, whatever the umask.
# Found: the entry is there and has no effect: the kernel (6.18) makes the file with mode 600, and the group's part of that is the
#   ACL's mask. ls shows a "+". A file by a shell with umask 077 can be read, for with a default ACL the umask doesn't count.
# Here: whoever collects cores as a user of his own needs `setfacl -m m::r` or a copy afterwards; that the kernel writes nothing into
#   a file with more rights than 600 is why it can't be had beforehand. Needs root.
. "$(dirname "$0")/lib.sh"
deb acl=2.3.1-3
printf '#include <stdlib.h>\nint main(void){abort();}\n' >"$work/crash.c"
gcc -o "$work/crash" "$work/crash.c"
chmod 755 "$work"
mkdir -m 755 "$work/cores"
"$work/root/bin/setfacl" -d -m u:1234:r "$work/cores"
under core_pattern=core -- dies "$work/cores" "$work/crash" >/dev/null
mv "$work"/cores/core* "$work/cores/dump"
(umask 077 && echo text >"$work/cores/file")
read_it() { setpriv --reuid 1234 --regid 1234 --clear-groups cat "$1" >/dev/null 2>&1 && echo yes || echo no; }
expect "user 1234 reads a file that was made there" "yes" "$(read_it "$work/cores/file")"
expect "a core" "no" "$(read_it "$work/cores/dump")"
expect "its entry" "user:1234:r-- #effective:---" "$("$work/root/bin/getfacl" -cp "$work/cores/dump" | grep 1234 | xargs)"
"$work/root/bin/setfacl" -m m::r "$work/cores/dump"
expect "with another mask" "yes" "$(read_it "$work/cores/dump")"
