#!/bin/sh
# Cores of a failed job of CI, repaired and made ready to be attached to it.
#
#   collect.sh prepare CORES         before the tests: has the kernel put cores into the folder CORES, where that may be done
#   collect.sh collect CORES OUT     after them: what is in CORES and below it, into the folder OUT
#
# OUT gets, for each core, a bundle with the program, its libraries and their debug information, which opens anywhere by
# its run-gdb; cores.txt, which says what each is, why it was cut, and its backtrace if gdb is here; and cores.html.
# A shell that starts programs needs `ulimit -c unlimited`. In a container the kernel's pattern is the host's.
set -eu

usage() {
  echo "usage: collect.sh prepare CORES | collect CORES OUT" >&2
  exit 64
}

prepare() {
  mkdir -p "$1"
  chmod 1777 "$1"
  pattern=$(cd "$1" && pwd)/core.%e.%p
  setting=/proc/sys/kernel/core_pattern
  if { echo "$pattern" >"$setting"; } 2>/dev/null; then
    :
  elif command -v sudo >/dev/null && sudo -n sh -c 'echo "$0" >"$1"' "$pattern" "$setting" 2>/dev/null; then
    :
  else
    echo "Cores go where the host has them go: $(cat "$setting" 2>/dev/null || echo unknown)"
    return
  fi
  echo "Cores go to $pattern"
}

# What a core is, and its backtrace.
tell() { # CORE BUNDLE
  coresalvage inspect "$1" || true
  if command -v gdb >/dev/null; then
    folder=$(mktemp -d)
    tar -xf "$2" -C "$folder"
    echo "Backtrace"
    "$folder"/*/run-gdb -nx -batch -ex 'thread apply all backtrace 40' 2>/dev/null | grep -E '^(Thread |#)' || true
    rm -rf "$folder"
  fi
  echo
}

collect() {
  [ -d "$1" ] || { echo "No cores: there is no $1"; return; }
  mkdir -p "$2"
  count=0
  find "$1" -type f -name 'core*' >"$2/.found"
  while IFS= read -r core; do
    status=0
    coresalvage check --quiet "$core" 2>/dev/null || status=$?
    [ "$status" -le 1 ] || continue
    count=$((count + 1))
    bundle=$2/$count-$(basename "$core" | tr -c 'A-Za-z0-9._\n-' _).tar.gz
    coresalvage bundle --quiet --force "$core" "$bundle" || continue
    tell "$core" "$bundle" >>"$2/cores.txt"
    set -- "$@" "$core"
  done <"$2/.found"
  rm -f "$2/.found"
  out=$2
  shift 2
  if [ $# -gt 0 ]; then coresalvage inspect --force --html "$out/cores.html" "$@" || true; fi
  echo "$# cores in $out"
  if [ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ -e "$out/cores.txt" ]; then
    { echo '```'; cat "$out/cores.txt"; echo '```'; } >>"$GITHUB_STEP_SUMMARY"
  fi
}

command -v coresalvage >/dev/null || { echo "collect.sh: no coresalvage here: install its package first" >&2; exit 1; }
case ${1:-}-$# in
  prepare-2) prepare "$2" ;;
  collect-3) collect "$2" "$3" ;;
  *) usage ;;
esac
