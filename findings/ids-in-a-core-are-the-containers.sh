#!/usr/bin/env bash
# Guess: NT_PRPSINFO and NT_PRSTATUS have the process id and the user that ps on the host shows, for the kernel writes them.
# Found: they are those inside of the process's own pid and user namespaces. A rootless container's process of user 1234 says
#   "uid 0, pid 2" in its core; the file belongs to user 1234 all the same.
# Here: "user 0" in a core is not root's, and a pid from a core can't be looked up in the host's journal without %P.
. "$(dirname "$0")/lib.sh"
printf '#include <stdlib.h>\nint main(void){abort();}\n' >"$work/crash.c"
gcc -o "$work/crash" "$work/crash.c"
mkdir -m 777 "$work/here"
chmod 755 "$work"
cat >"$work/run" <<R
#!/bin/sh
setpriv --reuid 1234 --regid 1234 --clear-groups unshare --user --map-root-user --pid --fork sh -c 'ulimit -c unlimited; $work/crash; true'
R
chmod +x "$work/run"
kernel_core "$work/run" "$work/here"
expect "owner of the file" 1234 "$(stat -c %u "$work/here/core")"
expect "NT_PRPSINFO" "uid: 0, gid: 0, pid: 2, ppid: 1" \
  "$(eu-readelf -n "$work/here/core" | grep -oE 'uid: [0-9]+, gid: [0-9]+, pid: [0-9]+, ppid: [0-9]+')"
