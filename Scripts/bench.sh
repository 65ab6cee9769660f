#!/usr/bin/env bash
# Measures the figures that the README and the manual promise, and prints them beside their targets.
#
#   bench.sh [-n RUNS] [-d FOLDER] [SECTION...]
#
# Sections: copy, xfs, btrfs, million, startup, inspect, libraries, pipe, zstd, inplace, cat, archive, batch, floors, scaling, hostile,
# capture.
#
# All sections when none is named. Needs root (core_pattern, mounts) and about 14 GB below FOLDER
# ($TMPDIR by default), which are freed at the end. CORESALVAGE_BINARY names another executable;
# CORESALVAGE_BEFORE one of another build, beside which what has no other tool to be measured by is measured.
# `scaling` draws what it finds as scaling.svg in the folder where bench.sh is called.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
runs=5
parent=${TMPDIR:-/tmp}
while getopts n:d: option; do
  case $option in
    n) runs=$OPTARG ;;
    d) parent=$OPTARG ;;
    *) exit 64 ;;
  esac
done
shift $((OPTIND - 1))
sections=("$@")
((${#sections[@]})) || sections=(copy xfs btrfs million startup inspect libraries pipe zstd inplace cat archive batch floors
  scaling hostile capture)

# shellcheck source=bench/lib.sh
source "$here/bench/lib.sh"
# shellcheck source=bench/archive.sh
source "$here/bench/archive.sh"
# shellcheck source=bench/floors.sh
source "$here/bench/floors.sh"
# shellcheck source=bench/hostile.sh
source "$here/bench/hostile.sh"
[[ $(id -u) == 0 ]] || { note "bench.sh: needs root, to let the kernel write cores"; exit 1; }
"$here/install.sh" bench
coresalvage=${CORESALVAGE_BINARY:-$("$here/build-release.sh")}
before=${CORESALVAGE_BEFORE:-}
called_in=$PWD

folder=$(mktemp -d "$(cd "$parent" && pwd)/coresalvage-bench.XXXXXX")
core_pattern=$(cat /proc/sys/kernel/core_pattern)
clean_up() {
  echo "$core_pattern" >/proc/sys/kernel/core_pattern
  ! mountpoint -q "$folder/shared" || umount "$folder/shared"
  ! mountpoint -q "$folder/disk" || umount "$folder/disk"
  rm -rf "$folder" "/dev/shm/${folder##*/}"
}
trap clean_up EXIT
: >"$folder/rows"

# The two that are compared, on $in and $out.
run_coresalvage() { "$coresalvage" --quiet "$in" "$out"; }
run_cp() { cp --sparse=always "$in" "$out" && sync "$out"; }
run_before() { "$before" --quiet "$in" "$out"; }
# Nothing may be left to write or to free from the run before; a disk frees in its own time.
fresh() { rm -f "$out"; sync -f "$folder"; warm "$in"; sleep 1; }
# A guest gives idle memory back to its host, and to take it anew is dear: what copies into new pages is to be fast after ten
# idle seconds, and right after as much memory was used and freed.
fresh_cold() { fresh; sleep 9; }
fresh_warm() { fresh; "$folder/touch" $(($(stat -c %s "$in") * 2 >> 20)); }

# A bound for every copy: what the page cache gives, what memory takes, what the disk takes.
ceilings() {
  local bytes gib direct free
  bytes=$(stat -c %s "$in")
  gib=$(calc "$bytes / 2^30" %.3f)
  warm "$in"
  row "cat from the page cache to nowhere" "$(calc "$gib / $(seconds warm "$in")") GiB/s" - -
  free=$(awk '/^MemAvailable/ { printf "%.0f", $2 * 1024 }' /proc/meminfo)
  if mountpoint -q /dev/shm && ((free > 2 * bytes)); then
    direct=$(seconds cp --sparse=never "$in" "/dev/shm/${folder##*/}")
    rm -f "/dev/shm/${folder##*/}"
    row "cp from the page cache to memory" "$(calc "$gib / $direct") GiB/s" - -
  fi
  local turn
  : >"$folder/times"
  for ((turn = 0; turn < 5; turn++)); do
    calc "2 / $(seconds dd if=/dev/zero of="$folder/disk" bs=1M count=2048 oflag=direct)" '%.3f\n' >>"$folder/times"
    rm -f "$folder/disk"
    sleep 1
  done
  row "disk, written past the page cache ($(spread <"$folder/times"))" "$(median <"$folder/times") GiB/s" - -
  # Where the disk itself is not the same from one time to the next, no ratio of single runs means much.
  row "the disk's own scatter" "$(scatter <"$folder/times") %" "20 %" "$(at_most "$(scatter <"$folder/times")" 20)"
}

copy_of() {
  local kind=$1 memory heat blocks
  in=$folder/$kind.core
  out=$folder/out.core
  hog_core "$in" 4096 "$kind"
  note "copy, $kind: $(size_of "$in")"
  [[ $kind != dense ]] || ceilings
  for heat in cold warm; do
    pairs "fresh_$heat" run_coresalvage run_cp
    row "4 GiB $kind, $heat, coresalvage ($(spread <"$folder/a"))" "$(calc "$median_a") s" - -
    row "4 GiB $kind, $heat, cp and sync ($(spread <"$folder/b"))" "$(calc "$median_b") s" - -
    row "4 GiB $kind, $heat, ratio ($ratios)" "$ratio" "0.6" "$(at_most "$ratio" 0.6)"
    [[ $before ]] || continue
    system_pairs "fresh_$heat" run_coresalvage run_before
    row "4 GiB $kind, $heat, system time by the build before ($ratios)" "$ratio" "0.6" "$(at_most "$ratio" 0.6)"
  done
  fresh
  memory=$(peak "$coresalvage" --quiet "$in" "$out")
  row "4 GiB $kind, peak memory" "$memory MiB" "32 MiB" "$(at_most "$memory" 32)"
  blocks=$(stat -c %b "$out")
  rm -f "$out"
  run_cp
  row "4 GiB $kind, blocks on disk by cp's" "$(calc "$blocks / $(stat -c %b "$out")" %.4f)" - -
  rm -f "$out"
}

section_copy() {
  gcc -O2 -o "$folder/touch" "$here/bench/touch.c"
  copy_of dense
  copy_of holes
  rm -f "$folder/holes.core"
}

# On a file system that shares extents, nothing is copied.
shared_copy_of() {
  local type=$1 name=$2 memory time turn
  in=$folder/shared/${name// /-}.core
  out=$folder/shared/out.core
  hog_core "$in" "$3" "$4"
  sync -f "$folder/shared"
  note "$type, $name: $(size_of "$in")"
  : >"$folder/times"
  for ((turn = 1; turn <= runs; turn++)); do
    rm -f "$out"
    sync -f "$folder/shared"
    seconds run_coresalvage >>"$folder/times"
    echo >>"$folder/times"
  done
  time=$(median <"$folder/times")
  rm -f "$out"
  memory=$(peak "$coresalvage" --quiet "$in" "$out")
  row "$type, $name" "$(calc "$time" %.3f) s" "0.1 s" "$(at_most "$time" 0.1)"
  row "$type, $name, peak memory" "$memory MiB" "32 MiB" "$(at_most "$memory" 32)"
  rm -f "$in" "$out"
}

# on_shared TYPE MKFS...: both ways of a repair, on a file system of its own.
on_shared() {
  local type=$1
  mkdir "$folder/shared"
  truncate -s 14G "$folder/shared.img"
  "${@:2}" "$folder/shared.img" >/dev/null
  mount -o loop "$folder/shared.img" "$folder/shared"
  shared_copy_of "$type" "4 GiB dense" 4096 dense
  # And where nothing may be shared, beside cp in the same case.
  hog_core "$folder/shared/half.core" 2048 dense
  in=$folder/shared/half.core
  out=$folder/shared/out.core
  pairs fresh run_unshared run_cp_unshared
  row "$type, 2 GiB dense, nothing shared, ratio to cp ($ratios)" "$ratio" "0.6" "$(at_most "$ratio" 0.6)"
  rm -f "$in" "$out"
  shared_copy_of "$type" "64 GiB sparse" 65536 sparse
  umount "$folder/shared"
  rm -rf "$folder/shared.img" "$folder/shared"
}
run_unshared() { "$coresalvage" --quiet --reflink never "$in" "$out"; }
run_cp_unshared() { cp --reflink=never --sparse=always "$in" "$out" && sync "$out"; }

section_xfs() { on_shared XFS mkfs.xfs -q -m reflink=1; }

section_btrfs() {
  command -v mkfs.btrfs >/dev/null || { note "no mkfs.btrfs: btrfs is left out" && return; }
  on_shared Btrfs mkfs.btrfs -q
}

section_million() {
  local memory time
  in=$folder/million.core
  out=$folder/out.core
  note "a million program headers"
  python3 "$here/bench/million.py" "$in"
  truncate -s 3000000000 "$in"
  warm "$in"
  time=$(seconds run_coresalvage)
  rm -f "$out"
  memory=$(peak "$coresalvage" --quiet "$in" "$out")
  row "a million program headers, peak memory" "$memory MiB" "200 MiB" "$(at_most "$memory" 200)"
  row "a million program headers, time" "$(calc "$time") s" - -
  memory=$(peak sh -c '"$0" inspect --json "$1" || [ $? = 1 ]' "$coresalvage" "$in")
  row "a million program headers, peak memory of inspect --json" "$memory MiB" "200 MiB" "$(at_most "$memory" 200)"
  if [[ $before ]]; then
    pairs fresh run_coresalvage run_before
    row "a million program headers, time by the build before ($ratios)" "$ratio" "0.5" "$(at_most "$ratio" 0.5)"
  fi
  rm -f "$in" "$out"
}

# One start is too short to be measured alone.
starts=200
start_coresalvage() { local i; for ((i = 0; i < starts; i++)); do "$coresalvage" --version; done; }
start_lz4() { local i; for ((i = 0; i < starts; i++)); do lz4 --version; done; }

section_startup() {
  note "start-up"
  pairs true start_coresalvage start_lz4
  row "start-up, coresalvage --version" "$(calc "$median_a * 1000 / $starts") ms" - -
  row "start-up, lz4 --version" "$(calc "$median_b * 1000 / $starts") ms" - -
  row "start-up, ratio ($ratios)" "$ratio" "1.3" "$(at_most "$ratio" 1.3)"
  row "the executable" "$(calc "$(stat -c %s "$coresalvage") / 1e6" %.1f) MB" "13 MB" \
    "$(at_most "$(stat -c %s "$coresalvage")" 13000000)"
}

# Headers, notes and the ends of the stacks are all that it reads. Status 1 says that damage was found.
inspect_it() { "$coresalvage" inspect "$in" || [[ $? == 1 ]]; }
inspect_before() { "$before" inspect "$in" || [[ $? == 1 ]]; }

section_inspect() {
  local memory time turn kind
  in=$folder/crowd.core
  note "inspect: 64 GiB sparse, 1,000 threads, 10,000 segments"
  python3 "$here/bench/crowd.py" "$in"
  for kind in whole cut; do
    [[ $kind == whole ]] || truncate -s 40000000000 "$in"
    : >"$folder/times"
    for ((turn = 0; turn < 4 * runs; turn++)); do
      seconds inspect_it >>"$folder/times"
      echo >>"$folder/times"
    done
    time=$(calc "$(median <"$folder/times") * 1000" %.1f)
    memory=$(peak sh -c '"$0" inspect "$1" || [ $? = 1 ]' "$coresalvage" "$in")
    row "inspect, 64 GiB $kind" "$time ms" "30 ms" "$(at_most "$time" 30)"
    row "inspect, 64 GiB $kind, peak memory" "$memory MiB" "32 MiB" "$(at_most "$memory" 32)"
    [[ $before ]] || continue
    pairs true inspect_it inspect_before
    row "inspect, 64 GiB $kind, by the build before ($ratios)" "$ratio" "0.5" "$(at_most "$ratio" 0.5)"
  done
  rm -f "$in"
}

# What is made anew costs time for each library, and none for threads.
run_plain() { "$coresalvage" --quiet --rebuild none "$in" "$out"; }

section_libraries() {
  local i more
  in=$folder/libraries.core
  out=$folder/out.core
  note "300 libraries and 1,000 threads"
  mkdir "$folder/libraries"
  for ((i = 0; i < 300; i++)); do
    printf 'int number%d(void) { return %d; }\n' "$i" "$i" |
      gcc -shared -fPIC -x c -o "$folder/libraries/lib$i.so" -
  done
  gcc -O1 -pthread -o "$folder/many" "$here/bench/libraries.c"
  echo "$in" >/proc/sys/kernel/core_pattern
  { env -i prlimit --core=unlimited "$folder/many" "$folder/libraries" 300 1000 || true; } >/dev/null 2>&1
  echo "$core_pattern" >/proc/sys/kernel/core_pattern
  # The main thread's stack and the dynamic linker's data are lost.
  truncate -s -300000 "$in"
  pairs fresh run_coresalvage run_plain
  more=$(calc "$median_a - $median_b" %.3f)
  row "300 libraries, 1,000 threads, repair" "$(calc "$median_a" %.3f) s" - -
  row "the same without what is rebuilt" "$(calc "$median_b" %.3f) s" - -
  row "what is rebuilt costs" "$more s" "0.2 s" "$(at_most "$more" 0.2)"
  rm -rf "$folder/libraries" "$in" "$out"
}

# Both ends of a pipe: what comes out of it goes to disk, synced.
pipe_coresalvage() { cat "$in" | "$coresalvage" --quiet - "$out"; }
pipe_cat() { cat "$in" >"$out" && sync "$out"; }

section_pipe() {
  local memory
  in=$folder/dense.core
  out=$folder/out.core
  hog_core "$in" 4096 dense
  note "pipe: $(size_of "$in")"
  pairs fresh pipe_coresalvage pipe_cat
  fresh
  memory=$(cat "$in" | peak "$coresalvage" --quiet - "$out")
  row "4 GiB through a pipe, coresalvage" "$(calc "$median_a") s" - -
  row "4 GiB, cat into a file and sync" "$(calc "$median_b") s" - -
  row "4 GiB through a pipe, ratio ($ratios)" "$ratio" "0.7" "$(at_most "$ratio" 0.7)"
  row "4 GiB through a pipe, peak memory" "$memory MiB" "32 MiB" "$(at_most "$memory" 32)"
  rm -f "$out"
}

zstd_coresalvage() { "$coresalvage" --quiet "$in" "$out"; }
zstd_alone() { zstd -dcq "$in" >"$out" && sync "$out"; }

section_zstd() {
  local memory
  in=$folder/dense.core
  hog_core "$in" 4096 dense
  note "zstd: packing $(size_of "$in") as systemd-coredump does"
  zstd -q -3 -T2 -f "$in" -o "$folder/dense.core.zst"
  in=$folder/dense.core.zst
  out=$folder/out.core
  pairs fresh zstd_coresalvage zstd_alone
  fresh
  memory=$(peak "$coresalvage" --quiet "$in" "$out")
  row "4 GiB from .zst, coresalvage" "$(calc "$median_a") s" - -
  row "4 GiB from .zst, zstd -dc and sync" "$(calc "$median_b") s" - -
  row "4 GiB from .zst, ratio ($ratios)" "$ratio" "0.5" "$(at_most "$ratio" 0.5)"
  row "4 GiB from .zst, peak memory" "$memory MiB" "32 MiB" "$(at_most "$memory" 32)"
  rm -f "$in" "$out"
}

# Into a pipe, of which nothing comes on a disk.
cat_segment() { "$coresalvage" cat "$in" "$address" "$((length))" | "$folder/drain"; }
cat_file() { cat "$folder/segment" | "$folder/drain"; }

section_cat() {
  local address length
  in=$folder/dense.core
  hog_core "$in" 4096 dense
  note "cat of a segment"
  gcc -O2 -x c -o "$folder/drain" - <<<'#include <unistd.h>
static char buffer[1 << 20]; int main(void) { while (read(0, buffer, sizeof buffer) > 0); }'
  # Type, offset, address, physical address, size in the file: the largest segment.
  read -r address length < <(readelf -lW "$in" 2>/dev/null |
    awk '$1 == "LOAD" && length($5) >= length(most) && (length($5) > length(most) || $5 > most) { most = $5; at = $3 }
      END { print at, most }')
  "$coresalvage" cat "$in" "$address" "$((length))" >"$folder/segment"
  pairs true cat_segment cat_file
  row "cat of $(calc "$(stat -c %s "$folder/segment") / 2^30") GiB, by cat of a file ($ratios)" "$ratio" "1.2" \
    "$(at_most "$ratio" 1.2)"
  rm -f "$folder/segment"
}

in_place() { "$coresalvage" --quiet --in-place "$in"; }

section_inplace() {
  local memory time turn
  in=$folder/sparse.core
  hog_core "$in" 65536 sparse
  note "in place: $(size_of "$in")"
  : >"$folder/times"
  for ((turn = 1; turn <= runs; turn++)); do
    sync -f "$folder"
    seconds in_place >>"$folder/times"
    echo >>"$folder/times"
    "$coresalvage" undo --quiet "$in"
  done
  time=$(median <"$folder/times")
  memory=$(peak "$coresalvage" --quiet --in-place "$in")
  row "64 GiB sparse in place ($(paste -sd' ' "$folder/times"))" "$(calc "$time" %.3f) s" "0.05 s" \
    "$(at_most "$time" 0.05)"
  row "64 GiB sparse in place, peak memory" "$memory MiB" "48 MiB" "$(at_most "$memory" 48)"
  rm -f "$in"
}

# Many small cores. Each run writes into a file system of its own, made anew: ext4 is slow to give out again what was
# removed a moment ago, and that is no measure of anybody.
small_cores=10000
batch_jobs=2

small_cores_in() {
  local place=$1 seed=$folder/clock-static.whole.core number
  tar -xJf "$here/../Fixtures/clock-static.whole.tar.xz" -C "$folder"
  mkdir "$place"
  for ((number = 0; number < small_cores; number++)); do
    head -c $((60000 + number * 7919 % 135000)) "$seed" >"$place/core.$number"
  done
  sync -f "$place"
}

fresh_disk() {
  ! mountpoint -q "$folder/disk" || umount "$folder/disk"
  rm -f "$folder/disk.img"
  truncate -s 8G "$folder/disk.img"
  mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 "$folder/disk.img"
  mount -o loop "$folder/disk.img" "$folder/disk"
  cat "$folder"/small/* >/dev/null
  sync
  sleep 2
}

run_batch() { "$coresalvage" batch --quiet --jobs $batch_jobs "$folder/small" --output "$folder/disk/out"; }
run_copies() { "$folder/copies" "$folder/small" "$folder/disk/out" $batch_jobs; }
run_copies_together() { "$folder/copies" "$folder/small" "$folder/disk/out" $batch_jobs together; }
check_small() { "$coresalvage" check "$folder"/small/* || [[ $? == 1 ]]; }
check_before() { "$before" check "$folder"/small/* || [[ $? == 1 ]]; }
run_loop() {
  local core count=0
  mkdir "$folder/disk/out"
  for core in "$folder"/small/core.*; do
    "$coresalvage" --quiet "$core" "$folder/disk/out/${core##*/}"
    ((++count < loop_cores)) || break
  done
}

section_batch() {
  local memory ratio_loop loops turn large busy batch_seconds
  mkdir "$folder/disk"
  note "$small_cores small cores"
  gcc -O2 -o "$folder/copies" "$here/bench/copies.c" -lpthread
  small_cores_in "$folder/small"
  pairs fresh_disk run_batch run_copies
  batch_seconds=$median_a
  row "$small_cores small cores, batch" "$(calc "$median_a") s" - -
  row "$small_cores small cores, plain copies, each synced" "$(calc "$median_b") s" - -
  row "$small_cores small cores, ratio ($ratios)" "$ratio" "1.15" "$(at_most "$ratio" 1.15)"
  pairs fresh_disk run_batch run_copies_together
  row "$small_cores small cores, plain copies, synced together as batch does" "$(calc "$median_b") s" - -
  row "$small_cores small cores, ratio to these ($ratios)" "$ratio" - -
  if [[ $before ]]; then
    pairs true check_small check_before
    row "check of $small_cores small cores, by the build before ($ratios)" "$ratio" "0.1" "$(at_most "$ratio" 0.1)"
  fi
  row "check of $small_cores small cores" "$(seconds check_small) s" "5.8 s" "$(at_most "$(seconds check_small)" 5.8)"
  loop_cores=1000
  : >"$folder/times"
  for ((turn = 1; turn <= 3; turn++)); do
    fresh_disk
    seconds run_loop >>"$folder/times"
    echo >>"$folder/times"
  done
  loops=$(calc "$(median <"$folder/times") * $small_cores / $loop_cores")
  ratio_loop=$(calc "$loops / $batch_seconds" %.1f)
  row "$small_cores small cores, a shell loop (of $loop_cores measured)" "$loops s" - -
  row "$small_cores small cores, the loop's time to batch's" "$ratio_loop" "10" "$(at_most 10 "$ratio_loop")"
  fresh_disk
  memory=$(peak "$coresalvage" batch --quiet --jobs $batch_jobs "$folder/small" --output "$folder/disk/out")
  row "$small_cores small cores, peak memory" "$memory MiB" "64 MiB" "$(at_most "$memory" 64)"
  umount "$folder/disk"
  rm -rf "$folder/disk.img" "$folder/small"

  note "large cores into archives"
  large=$folder/large
  mkdir "$large"
  for number in 1 2 3 4; do hog_core "$large/core.$number" 512 dense; done
  sync -f "$large"
  # Into memory where there is some: not the disk is to be measured.
  archives=$folder/archives
  ! mountpoint -q /dev/shm || archives=/dev/shm/${folder##*/}
  for ((turn = 1; turn <= runs; turn++)); do
    rm -rf "$archives"
    cat "$large"/core.* >/dev/null
    /usr/bin/time -a -f '%e %U %S' -o "$folder/busy" \
      "$coresalvage" batch --quiet --archive --jobs 2 "$large" --output "$archives"
  done
  busy=$(calc "$(awk '{ print ($2 + $3) / $1 }' "$folder/busy" | median)")
  row "4 large cores into archives, two jobs, processors busy" "$busy of $(nproc)" "1.6" "$(at_most 1.6 "$busy")"
  rm -rf "$large" "$archives"
}

section_scaling() {
  note "how cost grows"
  mkdir "$folder/scaling"
  (
    [[ $core_pattern == core ]] || echo core >/proc/sys/kernel/core_pattern
    # The system's own python: the plotting library is a package of it.
    /usr/bin/python3 "$here/bench/scaling.py" "$coresalvage" "$folder/scaling" "$called_in/scaling.svg" "$runs"
    [[ $core_pattern == core ]] || echo "$core_pattern" >/proc/sys/kernel/core_pattern
  ) | column -t -s $'\t' -o '  '
  rm -rf "$folder/scaling"
}

section_capture() {
  note "captures beside the kernel's own dumps"
  mkdir "$folder/capture"
  python3 "$here/bench/capture.py" "$coresalvage" "$folder/capture" "$runs" >>"$folder/rows"
  rm -rf "$folder/capture"
}

for section in "${sections[@]}"; do
  declare -F "section_$section" >/dev/null || { note "bench.sh: no section $section"; exit 64; }
done
for section in "${sections[@]}"; do
  idleness "$section"
  "section_$section"
done
echo
table
