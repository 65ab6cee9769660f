#!/usr/bin/env bash
# Holds the copyright file against the link map of an executable: each archive that the linker took anything from is named
# there. check-linked.sh EXECUTABLE, beside which build-release.sh has left EXECUTABLE.map.
set -euo pipefail

map=${1:?the executable}.map
copyright=$(dirname "${BASH_SOURCE[0]}")/copyright
[[ -r $map ]] || { echo "check-linked.sh: no $map: build with Scripts/build-release.sh" >&2; exit 1; }

status=0
# Glibc's libm.a stands for libm-2.36.a.
names=$(grep -oE '[^ :()]+\.a\(|/crt[^ :()/]*\.o' "$map" | sed -E 's|.*/||; s/\($//; s/-[0-9.]+\.a$/.a/' | sort -u)
[[ -n $names ]] || { echo "check-linked.sh: nothing in $map is an archive" >&2; exit 1; }
for name in $names; do
  grep -qE "^( |Files: )linked/${name//+/\\+}\$" "$copyright" || {
    echo "check-linked.sh: $name is linked in, and copyright says nothing of it" >&2
    status=1
  }
done
exit $status
