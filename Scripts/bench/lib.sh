# shellcheck shell=bash disable=SC2034,SC2154
# What the sections of bench.sh share. Sourced, not run. Expects $folder and $runs.

note() { printf '%s\n' "$*" >&2; }

# row FIGURE MEASURED TARGET VERDICT: a line of the closing table.
row() { printf '%s\t%s\t%s\t%s\n' "$@" >>"$folder/rows"; }

table() {
  { printf 'figure\tmeasured\ttarget\tverdict\n'; cat "$folder/rows"; } |
    column -t -s $'\t' -o '  '
}

# at_most VALUE LIMIT
at_most() { awk -v v="$1" -v l="$2" 'BEGIN { print v <= l ? "holds" : "MISSED" }'; }

calc() { awk "BEGIN { printf \"${2:-%.2f}\", $1 }"; }

median() { sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# spread: the least and the most of what it reads. scatter: how far apart they are, in percent of the most.
spread() { sort -g | awk 'NR == 1 { least = $1 } { most = $1 } END { printf "%g to %g", least, most }'; }
scatter() { sort -g | awk 'NR == 1 { least = $1 } { most = $1 } END { printf "%.0f", 100 * (most - least) / most }'; }

# idleness SECTION: a row where other work keeps the machine busy: no ratio is worth much then.
idleness() {
  local busy
  busy=$(
    head -n 1 /proc/stat
    sleep 2
    head -n 1 /proc/stat
  )
  busy=$(awk '{ all = 0; for (i = 2; i <= 9; i++) all += $i; idle = $5 + $6 }
    NR == 1 { all_before = all; idle_before = idle }
    END { printf "%.0f", 100 * (1 - (idle - idle_before) / (all - all_before)) }' <<<"$busy")
  ((busy <= 10)) || row "NOT IDLE before $1: processors busy" "$busy %" "10 %" MISSED
}

# seconds COMMAND...: the wall time that it took. What it prints goes to a log.
seconds() {
  local start=$EPOCHREALTIME
  "$@" >"$folder/log" 2>&1 || { cat "$folder/log" >&2; note "failed: $*"; return 1; }
  calc "$EPOCHREALTIME - $start" %.4f
}

# pairs PREPARE A B: A and B in turn, $runs times each after one pair to warm up, so that a change of
# the machine's mood meets both; PREPARE runs, unmeasured, before every one. Sets median_a, median_b,
# ratio (the median of the ratios of each pair) and ratios (all of them).
pairs() {
  local prepare=$1 a=$2 b=$3 turn time_a time_b
  : >"$folder/a"
  : >"$folder/b"
  : >"$folder/ratios"
  $prepare && seconds "$a" >/dev/null
  $prepare && seconds "$b" >/dev/null
  for ((turn = 1; turn <= runs; turn++)); do
    $prepare
    time_a=$(seconds "$a")
    $prepare
    time_b=$(seconds "$b")
    echo "$time_a" >>"$folder/a"
    echo "$time_b" >>"$folder/b"
    calc "$time_a / $time_b" '%.3f\n' >>"$folder/ratios"
    note "  pair $turn: $a $time_a s, $b $time_b s"
  done
  median_a=$(median <"$folder/a")
  median_b=$(median <"$folder/b")
  ratio=$(median <"$folder/ratios")
  ratios=$(paste -sd' ' "$folder/ratios")
}

# system_pairs PREPARE A B: as pairs, of the processors' time in the kernel.
system_pairs() {
  local prepare=$1 a=$2 b=$3 turn time_a time_b
  : >"$folder/ratios"
  for ((turn = 1; turn <= runs; turn++)); do
    $prepare
    time_a=$(system_seconds "$a")
    $prepare
    time_b=$(system_seconds "$b")
    calc "$time_a / $time_b" '%.3f\n' >>"$folder/ratios"
    note "  pair $turn: $a $time_a s, $b $time_b s of system time"
  done
  ratio=$(median <"$folder/ratios")
  ratios=$(paste -sd' ' "$folder/ratios")
}

# system_seconds FUNCTION: what it and its children took in the kernel.
system_seconds() (
  "$1" >"$folder/log" 2>&1
  # Not in a pipe: that would tell of a process of its own.
  times >"$folder/spent"
  awk 'NR == 2 { split($2, part, /[ms]/); print part[1] * 60 + part[2] }' "$folder/spent"
)

# peak COMMAND...: the most memory it ever had, in MiB.
peak() {
  /usr/bin/time -f %M -o "$folder/peak" "$@" >"$folder/log" 2>&1 || { cat "$folder/log" >&2; return 1; }
  calc "$(tail -n 1 "$folder/peak") / 1024" %.1f
}

# hog_core FILE MIB KIND: a core of about MIB, written by the kernel in FILE's folder, then cut a
# little before its end: the main thread's stack is lost.
hog_core() {
  local place=$1
  [[ ! -e $place ]] || return 0
  note "making a core of $2 MiB, $3"
  [[ -x $folder/hog ]] || gcc -O2 -o "$folder/hog" "$here/bench/hog.c"
  local home=$place.dump
  mkdir "$home"
  [[ $core_pattern == core ]] || echo core >/proc/sys/kernel/core_pattern
  { cd "$home" && env -i prlimit --core=unlimited "$folder/hog" "$2" "$3" || true; } >/dev/null 2>&1
  cd "$folder"
  [[ $core_pattern == core ]] || echo "$core_pattern" >/proc/sys/kernel/core_pattern
  mv "$home"/core* "$place"
  rmdir "$home"
  truncate -s -100000 "$place"
  sync "$place"
}

warm() { cat "$1" >/dev/null; }

# size_of FILE: apparent size and what it takes on disk.
size_of() {
  stat -c '%s %b' "$1" | awk '{ printf "%.2f GiB, %.2f GiB on disk", $1 / 2^30, $2 / 2^21 }'
}
