#!/usr/bin/env bash
# Guess: %u, %g and %p of core_pattern are of one world: as %p is the number in the process's own pid namespace (%P is the host's), %u and
#   %g are the ids in its own user namespace, 0 for root of a rootless container.
# Found: %u and %g are always the host's, %p is the container's (Linux 6.18): "core.1234.2" is process 2 of a container whose user is 1234
#   outside and root within. There is no word for the ids inside, which NT_PRPSINFO has.
# Here: a handler that gets "%u %p" may look up the user, and not the process, and one that compares %u with the core's user finds
#   them different.
. "$(dirname "$0")/lib.sh"
printf '#include <stdlib.h>\nint main(void){abort();}\n' >"$work/crash.c"
gcc -o "$work/crash" "$work/crash.c"
mkdir "$work/cores"
chmod 755 "$work"
chmod 777 "$work/cores"
echo "  Linux $(uname -r | cut -d. -f1-2)"
under core_pattern=core.%u.%g.%p core_uses_pid=0 -- dies "$work/cores" setpriv --reuid 1234 --regid 4321 --clear-groups \
  unshare --user --map-root-user --pid --fork bash -c "'$work/crash'; true" >/dev/null
expect "%u.%g.%p" "core.1234.4321.2" "$(ls "$work/cores")"
expect "user, group and process in NT_PRPSINFO" "0 0 2" "$(fields "$work"/cores/* 3 "<16x2Ii")"
