#!/usr/bin/env bash
# Guess: who is root with all capabilities and has /proc/sys writable, as in a privileged container of Kubernetes, may set any
#   kernel.core_pattern, for that is one setting of the kernel and belongs to no namespace.
# Found: a file or a program, yes; a socket (@PATH and @@PATH) is refused with EINVAL from any mount namespace but the first, the
#   very same words being taken there (Linux 6.18). EINVAL looks as if the words were wrong.
# Here: our DaemonSet enters the node's mount namespace, where the kernel also looks for the socket. Needs root in that one.
. "$(dirname "$0")/lib.sh"
setting=/proc/sys/kernel/core_pattern lock=/tmp/coresalvage-test-settings.lock
[[ -e $lock ]] || : >"$lock"
seen=$(
  exec 9<"$lock"
  flock 9
  before=$(<"$setting")
  trap 'echo "$before" >"$setting"' EXIT
  set_pattern() { # PATTERN: in a mount namespace of its own, then in this one
    for way in "unshare -m" env; do
      $way python3 -c 'import os, sys
try: os.write(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY), sys.argv[1].encode()); print("taken", end=" ")
except OSError as error: print(error.strerror, end="; ")' "$1"
    done
  }
  for pattern in core "|/bin/true" "@@$work/socket"; do set_pattern "$pattern"; done
)
expect "a file, a program, a socket" "taken taken taken taken Invalid argument; taken " "$seen"
