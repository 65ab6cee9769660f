#!/usr/bin/env bash
# Guess: `timeout -s ABRT 60 PROGRAM`, which is how to get a core of what hangs, sends SIGABRT to the program; there is one core, the
#   program's, and what it had started gets no signal.
# Found: timeout (coreutils 9.1) sends it to the whole group: each child dies by SIGABRT and leaves a core of its own. With core_pattern=core
#   they all write the same file, and what is left is whichever was written last. With --foreground the signal goes to the program
#   alone.
# Here: a core by SIGABRT of sleep(1) or of a helper says nothing of a fault there; the program's
#   core was replaced, not cut. A pattern with %p keeps all.
. "$(dirname "$0")/lib.sh"
deb coreutils=9.1-1
programs() { # PATTERN OPTION...: of which programs there are cores
  rm -f "$work"/core*
  local pattern=$1
  shift
  under core_pattern="$pattern" core_uses_pid=0 -- dies "$work" "$work/root/usr/bin/timeout" "$@" -s ABRT 1 "$BASH" -c 'sleep 5 & sleep 6; true' >/dev/null
  sleep 0.5
  find "$work" -maxdepth 1 -name 'core*' -printf '%f\n' | sed -E 's/core[.]?//; s/[.][0-9]+$//' | sort | xargs
}
expect "core.%e.%p" "bash sleep sleep" "$(programs core.%e.%p)"
expect "core, files" 1 "$(programs core >/dev/null; find "$work" -maxdepth 1 -name 'core*' | wc -l)"
expect "core.%e.%p, --foreground" "bash" "$(programs core.%e.%p --foreground)"
