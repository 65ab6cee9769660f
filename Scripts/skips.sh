#!/usr/bin/env bash
# Prints the tests that were skipped, and fails on any that this machine doesn't excuse.
#
#   skips.sh SKIPS LOG     SKIPS is the file that CORESALVAGE_SKIPS named (see Tests/TestSupport/Need.swift), one line each: need, tab, test;
#                          LOG what `swift test` printed.
#
# The log alone would not do: of a case that is not run Swift Testing says nothing, and pieces of a log have been lost.
#
# For root nothing excuses a program that Scripts/install.sh installs. A need that is not known here is not excused.
set -euo pipefail

skips=$1 log=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
is_root() { [[ $(id -u) == 0 ]]; }

# True if the machine may lack it. What the tests have found to be missing is asked for once more.
excuses() { # KIND WHICH
  case $1 in
    root | other-user) ! is_root ;;
    # A container may have them read-only.
    kernel-cores) ! is_root || [[ ! -w /proc/sys/kernel/core_pattern ]] ;;
    socket-cores) excuses kernel-cores || ! grep -qw socket /proc/sys/kernel/core_modes ;;
    mounts) ! is_root || ! unshare -m mount -t tmpfs none /mnt ;;
    file-system)
      excuses mounts || [[ ! -e /dev/loop-control ]] || ! { grep -qw "$2" /proc/filesystems || modprobe -q "$2"; }
      ;;
    fuse) excuses mounts || [[ ! -e /dev/fuse ]] ;;
    tracing) ! is_root || ! strace -o /dev/null true ;;
    request) [[ ! -v $2 ]] ;;
    setting) [[ ! -e /proc/sys/${2//.//} ]] ;;
    guard-regions) ! python3 -c 'import mmap; mmap.mmap(-1, 4096).madvise(102)' ;;
    vsyscall) ! grep -q vsyscall /proc/self/maps ;;
    user-attributes) ! keeps_attributes ;;
    lz4) ! lz4 --version | grep -q "v$2," ;;
    # The lines of another build of the library of C are others.
    path) [[ $2 == /usr/lib/debug/* ]] || { ! is_root && ! "$here/install.sh" build test; } ;;
    tool | build) ! is_root && ! "$here/install.sh" build test ;;
    python-module) ! python3 -c "import $2" && ! "$here/install.sh" python ;;
    *) false ;;
  esac 2>/dev/null
}

keeps_attributes() {
  local file answer=0
  file=$(mktemp)
  python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.coredump.pid", b"1")' "$file" || answer=1
  rm -f "$file"
  return $answer
}

skipped=0 unexcused=0
while IFS=$'\t' read -r need test; do
  skipped=$((skipped + 1))
  # shellcheck disable=SC2086 # two words
  if excuses $need; then
    echo "skipped   needs $need: $test"
  else
    echo "NOT EXCUSED   needs $need: $test"
    unexcused=$((unexcused + 1))
  fi
done < <(sort -u "$skips")

# What was skipped past the one door, by .disabled or an .enabled of its own.
while IFS= read -r line; do
  echo "NOT EXCUSED   $line"
  skipped=$((skipped + 1)) unexcused=$((unexcused + 1))
done < <(grep -a '^➜ ' "$log" | grep -avE ': "needs [a-z]')

echo "$skipped tests skipped, $unexcused of them without an excuse"
((unexcused == 0))
