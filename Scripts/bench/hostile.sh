# shellcheck shell=bash disable=SC2034,SC2154
# Cores made to cost much. Sourced by bench.sh.

# What it does with $in, damaged or not.
look() { "$coresalvage" "$@" || [[ $? == 1 ]]; }

# hostile NAME KIND SECONDS MIB [ARGUMENT...]: repair, check, inspect and archive against their bounds.
hostile() {
  local name=$1 kind=$2 limit=$3 most=$4 command time memory
  shift 4
  in=$folder/$kind.core
  out=$folder/out.core
  note "hostile: $name"
  python3 "$here/bench/hostile.py" "$kind" "$in"
  warm "$in"
  for command in "repair --quiet --force $* $in $out" "check $in" "inspect --json $in" \
    "archive --quiet --force $* $in $out"; do
    # shellcheck disable=SC2086
    set -- ${command#repair }
    rm -f "$out"
    time=$(seconds look "$@")
    rm -f "$out"
    memory=$(peak sh -c '"$@" || [ $? = 1 ]' sh "$coresalvage" "$@")
    row "$name, ${command%% *}" "$(calc "$time") s" "$limit s" "$(at_most "$time" "$limit")"
    row "$name, ${command%% *}, peak memory" "$memory MiB" "$most MiB" "$(at_most "$memory" "$most")"
  done
  rm -f "$in" "$in.map" "$out"
}

with_program() { look --quiet --dry-run --program "$program" "$in"; }
without_program() { look --quiet --dry-run "$in"; }
nothing_before() { :; }

section_hostile() {
  hostile "16.7 million program headers" table 5 300
  hostile "5 million empty notes" notes 1 128
  hostile "overlapping segments and a map" overlap 10 300 --mapfile "$folder/overlap.core.map"
  hostile "a million names in NT_FILE" names 2 1024
  program=$(command -v gdb || command -v python3)
  in=$folder/program.core
  python3 "$here/bench/hostile.py" program "$in" "$(readlink -f "$program")"
  pairs nothing_before with_program without_program
  row "--program, 500,000 segments, ratio ($ratios)" "$ratio" "2" "$(at_most "$ratio" 2)"
  rm -f "$in"
}
