#!/usr/bin/env bash
# Guess: an empty kernel.core_pattern turns cores off; and kernel.core_uses_pid does something to names without a pid alone.
# Found: with core_uses_pid=1, as distributions set it, an empty pattern makes a core of the name ".PID", which ls and core* don't
#   show; with 0 there is none (Linux 6.18). And only %p counts as a pid: "core.%P", which is the way to have the host's number of
#   a container's process, becomes core.PID.PID.
# Here: cores that nobody finds fill a disk. A limit of 0 (ulimit -c 0) is what turns them off, where there is no handler.
#   Needs root.
. "$(dirname "$0")/lib.sh"
printf '#include <stdlib.h>\nint main(void){abort();}\n' >"$work/crash.c"
gcc -o "$work/crash" "$work/crash.c"
mkdir "$work/cores"
crash() { # PATTERN USES: the names of what is there
  under core_pattern="$1" core_uses_pid="$2" -- dies "$work/cores" "$work/crash" >/dev/null
  find "$work/cores" -type f -printf '%f\n' -delete | sed -E 's/([0-9]+)\.\1$/PID.PID/; s/[0-9]+$/PID/' | xargs
}
expect "empty, core_uses_pid=0" "" "$(crash "" 0)"
expect "empty, core_uses_pid=1" ".PID" "$(crash "" 1)"
expect "core.%p, core_uses_pid=1" "core.PID" "$(crash core.%p 1)"
expect "core.%P, core_uses_pid=1" "core.PID.PID" "$(crash core.%P 1)"
