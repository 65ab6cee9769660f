#!/usr/bin/env bash
# Opens bundles, and slim cores beside their files, on systems that have none of the processes' files: bundle-chroot.sh [SUITE...]
#
# In chroots that debootstrap makes of other releases of Debian (bullseye and trixie, or each SUITE), with their gdb and lldb:
# their libc is another, so that every name comes from the bundle. Cores of this kernel, whole and cut, of C, C++, plugins, Python,
# Java and a musl program. Prints a table: how many frames have names, and whether they are those that this machine's debuggers
# give. An lldb of another version than here is not asked: 11 can't read the DWARF 5 of these files, wherever they are. Ends with
# 1 where a frame has another name, or none. Needs root, and downloads some 300 MB for each suite; where it can't have that it
# says so. CORESALVAGE_CHROOTS names a folder in which it finds its chroots again.
set -euo pipefail

suites=("$@")
[[ $# -gt 0 ]] || suites=(bullseye trixie)
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
programs=$root/Scripts/bench/programs
skip() { echo "Skipped: $1." >&2; exit 0; }
[[ $(id -u) == 0 ]] || skip "not root"
command -v debootstrap >/dev/null || skip "no debootstrap"

coresalvage=${CORESALVAGE_BINARY:-$("$root/Scripts/build-release.sh")}
lldb=$(command -v lldb-19 || command -v lldb || true)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chroots=${CORESALVAGE_CHROOTS:-$work/chroots}
mkdir -p "$chroots"

# Makes a chroot with both debuggers, where it isn't there already.
prepare() { # SUITE
  local chroot=$chroots/$1
  [[ ! -e $chroot/ready ]] || return 0
  # apt finds an order for gdb and what it needs, where debootstrap does not.
  debootstrap --variant=minbase "$1" "$chroot" && cp /etc/resolv.conf "$chroot/etc/" &&
    chroot "$chroot" apt-get -qq update &&
    chroot "$chroot" apt-get -qq install -y --no-install-recommends gdb lldb python3-lldb &&
    chroot "$chroot" apt-get clean && touch "$chroot/ready"
}
for suite in "${suites[@]}"; do
  prepare "$suite" >"$work/debootstrap.log" 2>&1 || skip "$suite: $(tail -n 1 "$work/debootstrap.log")"
done

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
    "$@" >/dev/null 2>&1 9>&- || true
  ) 2>/dev/null 9>/tmp/coresalvage-test-settings.lock
  ls "$folder"/core* | head -n 1
}

# Functions of C++ without the types of their arguments, which releases of gdb show or leave out.
bare() {
  awk '/^T / { print; next }
    {
      gsub(/ \(/, "("); sub(/ const$/, "")
      depth = 0
      for (i = length($0); i > 1; i--) {
        c = substr($0, i, 1)
        if (c == ")") depth++
        if (c == "(") depth--
        if (depth == 0) break
      }
      if ($0 ~ /\)$/ && substr($0, 1, i - 1) !~ /operator$/) $0 = substr($0, 1, i - 1)
      print
    }'
}

# The names of all frames, by thread, as gdb and as lldb shows them.
gdb_names() { sed -n -E 's/^Thread .*\(LWP ([0-9]+)\).*/T \1/p; s/^#[0-9]+ +(0x[0-9a-f]+ in )?(.*) \(.*/\2/p' | bare; }
lldb_names() { sed -n -E 's/^[* ]+thread #([0-9]+).*/T \1/p; s/^[* ]+frame #[0-9]+: (0x[0-9a-f]+ )?//p' | sed -E '/^T /!{s/.*`//; s/[ (].*//}'; }
ask_gdb=(-nx -batch -iex 'set width 0' -iex 'set pagination off' -ex 'thread apply all bt -frame-arguments none')
ask_lldb=(-b -x -o 'thread backtrace all')

# The version of an lldb, which a command runs.
major() { # COMMAND...
  "$@" --version 2>/dev/null | sed -n -E '1s/.*version ([0-9]+).*/\1/p'
}
here=none
[[ -z $lldb ]] || here=$(major "$lldb")

status=0
compare() { # NAMES-HERE NAMES-THERE
  local frames
  frames=$(grep -cvE '^(T |\?\?|___lldb_unnamed|0x|$)' "$1" || true)
  if [[ $frames -gt 3 ]] && cmp -s "$1" "$2"; then
    printf '  %-12s' "$frames"
  else
    printf '  %-12s' "WRONG($frames)"
    diff "$1" "$2" | head -n 20 >>"$work/wrong" || true
    head -n 3 "$work/errors" >>"$work/wrong"
    status=1
  fi
}

# Opens a core here, and its bundle and its slim core there: a line of the table for each suite.
try() { # PROGRAM-NAME HOW CORE PROGRAM
  local name=$1 how=$2 core=$3 program=$4 suite chroot kind
  "$coresalvage" -q --force --extend none "$core" "$work/repaired"
  gdb "${ask_gdb[@]}" "$program" "$work/repaired" 2>/dev/null | gdb_names >"$work/here.gdb"
  [[ -z $lldb ]] || "$lldb" "${ask_lldb[@]}" -c "$work/repaired" "$program" 2>/dev/null | lldb_names >"$work/here.lldb"
  "$coresalvage" bundle -q --force "$core" "$work/bundle.tar.zst"
  "$coresalvage" slim -q --force "$core" "$work/slim"
  for suite in "${suites[@]}"; do
    chroot=$chroots/$suite
    printf '%-9s %-10s %-18s' "$suite" "$name" "$how"
    rm -rf "$chroot/srv/a b"
    mkdir -p "$chroot/srv/a b"
    tar -C "$chroot/srv/a b" -xf "$work/bundle.tar.zst"
    for kind in bundle slim; do
      [[ $kind == bundle ]] || cp "$work/slim" "$chroot/srv/a b/bundle/core"
      chroot "$chroot" "/srv/a b/bundle/run-gdb" "${ask_gdb[@]}" 2>"$work/errors" | gdb_names >"$work/there.gdb"
      compare "$work/here.gdb" "$work/there.gdb"
      if [[ $(major chroot "$chroot" lldb) != "$here" ]]; then
        printf '  %-12s' -
        continue
      fi
      chroot "$chroot" "/srv/a b/bundle/run-lldb" "${ask_lldb[@]}" 2>"$work/errors" | lldb_names >"$work/there.lldb"
      compare "$work/here.lldb" "$work/there.lldb"
    done
    echo
    [[ ! -s $work/wrong ]] || cat "$work/wrong"
    rm -f "$work/wrong" && rm -rf "$chroot/srv/a b"
  done
}

try_all() { # NAME CORE PROGRAM
  try "$1" whole "$2" "$3"
  local size less
  size=$(stat -c %s "$2")
  for less in 180000 400000 1500000; do
    head -c $((size - less)) "$2" >"$work/cut"
    try "$1" "cut by $less" "$work/cut" "$3"
  done
}

echo "here: $(gdb --version | head -n 1), ${lldb:+$("$lldb" --version | head -n 1)}"
for suite in "${suites[@]}"; do
  echo "$suite: $(chroot "$chroots/$suite" gdb --version | head -n 1), $(chroot "$chroots/$suite" lldb --version | head -n 1)"
done
printf '%-9s %-10s %-18s  %-12s  %-12s  %-12s  %-12s\n' there program core gdb lldb "slim: gdb" "slim: lldb"

mkdir "$work/bin"
gcc -g -O0 -pthread -o "$work/bin/stacks" "$programs/stacks.c"
g++ -g -O0 -pthread -o "$work/bin/throws" "$programs/throws.cpp"
gcc -g -O0 -pthread -rdynamic -o "$work/bin/plugins" "$programs/plugins.c"
for number in 0 1; do gcc -g -O0 -shared -fPIC -o "$work/bin/plugin$number.so" "$programs/plugin.c"; done
names=(stacks throws plugins)
if command -v musl-gcc >/dev/null; then
  musl-gcc -g -O0 -pthread -o "$work/bin/musl" "$programs/stacks.c"
  names+=(musl)
else
  echo "musl: no musl-gcc here" >&2
fi
for name in "${names[@]}"; do
  mkdir "$work/$name"
  arguments=()
  [[ $name != plugins ]] || arguments=("$work/bin/plugin0.so" "$work/bin/plugin1.so")
  core=$(crash "$work/$name" "$work/bin/$name" "${arguments[@]}")
  try_all "$name" "$core" "$work/bin/$name"
done
mkdir "$work/python"
core=$(crash "$work/python" /usr/bin/python3 "$programs/crash.py")
try_all python "$core" "$(readlink -f /usr/bin/python3)"
if command -v javac >/dev/null; then
  mkdir "$work/java"
  javac -d "$work/java" "$programs/Kitchen.java"
  java=$(readlink -f "$(command -v java)")
  core=$(crash "$work/java" "$java" -Xmx32m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$work/java" Kitchen)
  try_all java "$core" "$java"
else
  echo "java: no javac here" >&2
fi
exit "$status"
