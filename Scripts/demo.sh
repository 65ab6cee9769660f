#!/usr/bin/env bash
# Repairs two real cut cores from Fixtures/ and shows what gdb makes of them before and after. Installs
# what is missing and builds the release executable first. Takes names of other cores of bakery.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
fixtures=$root/Fixtures
names=("$@")
((${#names[@]})) || names=(bakery.rlimit-last-note bakery.rlimit-libraries)

"$root/Scripts/install.sh" build demo
coresalvage=$("$root/Scripts/build-release.sh")

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cp "$fixtures"/bin/{bakery,liboven.so} "$fixtures"/programs/{bakery,liboven}.c .
# Where the process had its files; the system's own stand in the second sysroot.
mkdir -p machine/srv/demo
cp -p bakery liboven.so machine/srv/demo/
sysroots=(--sysroot machine --sysroot /)

heading() {
  if [[ -t 1 ]]; then printf '\n\033[1m%s\033[0m\n' "$*"; else printf '\n== %s\n' "$*"; fi
}

# Runs a command of gdb, and leaves out what gdb says of every core, whole or not.
ask_gdb() {
  echo "\$ $*"
  eval "$* -nx -batch -iex 'set debuginfod enabled off' -iex 'set width 0' \
    -iex 'set print frame-arguments none' -ex 'thread apply all backtrace 4'" >gdb.out 2>&1 || true
  grep -E '^(#|Thread |Program terminated)|not a core dump|past end of file|Cannot access memory' \
    gdb.out | sed "s|$folder/||"
}

for name in "${names[@]}"; do
  tar -xJf "$fixtures/$name.tar.xz"

  heading "A core that the kernel could not finish: $name.core"
  awk -F '\t' -v name="$name" '$1 == name { print "Cut by: " $4 "." }' "$fixtures/MANIFEST.tsv"

  heading "gdb, before"
  ask_gdb gdb bakery "$name.core"

  heading "The repair"
  echo "\$ coresalvage ${sysroots[*]} $name.core repaired.core"
  "$coresalvage" --force "${sysroots[@]}" "$name.core" repaired.core | tee report

  heading "gdb, after"
  ask_gdb "$(sed -n 's/^next: //p' report)"
  grep -q '^Thread 1 ' gdb.out || { echo "demo.sh: gdb finds no thread" >&2; exit 1; }
done
