#!/usr/bin/env bash
# Opens bundles on a system that has none of their processes' files: bundle-chroot.sh [SUITE]
#
# In a chroot that debootstrap makes of another release of Debian (bullseye, or SUITE), with that one's gdb: its own libc is
# another, so that every name comes from the bundle. Cores of this kernel, whole and cut, of C, C++, plugins and Python. Ends with 1
# where a frame has another name than here. Needs root, and downloads some 100 MB; where it can't have that it says so.
# CORESALVAGE_CHROOT names a chroot with a gdb that is there already.
set -euo pipefail

suite=${1:-bullseye}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
programs=$root/Scripts/bench/programs
skip() { echo "Skipped: $1." >&2; exit 0; }
[[ $(id -u) == 0 ]] || skip "not root"

coresalvage=${CORESALVAGE_BINARY:-$("$root/Scripts/build-release.sh")}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chroot=${CORESALVAGE_CHROOT:-$work/chroot}
if [[ ! -x $chroot/usr/bin/gdb ]]; then
  command -v debootstrap >/dev/null || skip "no debootstrap"
  # apt finds an order for gdb and what it needs, where debootstrap does not.
  { debootstrap --variant=minbase "$suite" "$chroot" && cp /etc/resolv.conf "$chroot/etc/" &&
    chroot "$chroot" apt-get -qq update &&
    chroot "$chroot" apt-get -qq install -y --no-install-recommends gdb; } >"$work/debootstrap.log" 2>&1 ||
    skip "debootstrap: $(tail -n 1 "$work/debootstrap.log")"
fi
echo "here   $(gdb --version | head -n 1)"
echo "there  $(chroot "$chroot" gdb --version | head -n 1)"

# Crashes a program in a folder of its own, where the kernel writes its core.
crash() { # FOLDER PROGRAM ARGUMENT...
  local folder=$1
  shift
  (
    flock 9
    before=$(</proc/sys/kernel/core_pattern)
    # Whoever ends this puts it back.
    trap 'echo "$before" >/proc/sys/kernel/core_pattern' EXIT
    echo core >/proc/sys/kernel/core_pattern
    cd "$folder"
    ulimit -c unlimited
    "$@" >/dev/null 2>&1 || true
  ) 2>/dev/null 9>/tmp/coresalvage-test-settings.lock
  ls "$folder"/core* | head -n 1
}

# The names of all frames, by thread.
names() { sed -n -E 's/^Thread .*\(LWP ([0-9]+)\).*/T \1/p; s/^#[0-9]+ +(0x[0-9a-f]+ in )?(.*) \(.*/\2/p'; }
ask=(-nx -batch -iex 'set width 0' -iex 'set pagination off' -ex 'thread apply all bt -frame-arguments none')

status=0
# Opens a core, whole and cut, here and its bundles there.
compare_all() { # NAME CORE PROGRAM
  compare "$1, whole" "$2" "$3"
  local size less
  size=$(stat -c %s "$2")
  for less in 180000 400000 1500000; do
    head -c $((size - less)) "$2" >"$work/cut"
    compare "$1, cut by $less bytes" "$work/cut" "$3"
  done
}

# Opens a core here and its bundle there.
compare() { # NAME CORE PROGRAM
  local name=$1 core=$2 program=$3
  "$coresalvage" -q --force --extend none "$core" "$work/repaired"
  gdb "${ask[@]}" "$program" "$work/repaired" 2>/dev/null | names >"$work/here"
  "$coresalvage" bundle -q --force "$core" "$work/bundle.tar.zst"
  rm -rf "$chroot/srv/a b"
  mkdir -p "$chroot/srv/a b"
  tar -C "$chroot/srv/a b" -xf "$work/bundle.tar.zst"
  chroot "$chroot" "/srv/a b/bundle/run-gdb" "${ask[@]}" 2>"$work/errors" | names >"$work/there"
  local frames
  frames=$(grep -cvE '^(T |\?\?)' "$work/here" || true)
  if [[ $frames -gt 3 ]] && cmp -s "$work/here" "$work/there"; then
    echo "ok     $name: $frames frames with the same names"
  else
    echo "WRONG  $name"
    diff "$work/here" "$work/there" | head -n 20 || true
    head -n 5 "$work/errors"
    status=1
  fi
}

mkdir "$work/bin"
gcc -g -O0 -pthread -o "$work/bin/stacks" "$programs/stacks.c"
g++ -g -O0 -pthread -o "$work/bin/throws" "$programs/throws.cpp"
gcc -g -O0 -pthread -rdynamic -o "$work/bin/plugins" "$programs/plugins.c"
for number in 0 1; do gcc -g -O0 -shared -fPIC -o "$work/bin/plugin$number.so" "$programs/plugin.c"; done
for name in stacks throws plugins; do
  mkdir "$work/$name"
  arguments=()
  [[ $name != plugins ]] || arguments=("$work/bin/plugin0.so" "$work/bin/plugin1.so")
  core=$(crash "$work/$name" "$work/bin/$name" "${arguments[@]}")
  compare_all "$name" "$core" "$work/bin/$name"
done
mkdir "$work/python"
core=$(crash "$work/python" /usr/bin/python3 "$programs/crash.py")
compare_all python "$core" "$(readlink -f /usr/bin/python3)"
exit "$status"
