# The section `archive` of bench.sh: archives against lz4 and zstd, on a disk and in memory. Sourced, not run.

run_archive() { "$coresalvage" archive --quiet --threads 2 "$in" "$out"; }
run_lz4() { lz4 -1 -q "$in" "$out" && sync "$out"; }
run_zstd() { zstd -1 -T2 -q "$in" -o "$out" && sync "$out"; }
run_restore() { "$coresalvage" restore --quiet --threads 2 "$in" "$out"; }
run_unlz4() { lz4 -d -q "$in" "$out" && sync "$out"; }
run_verify() { "$coresalvage" verify --quiet --threads 2 "$in"; }
run_lz4_test() { lz4 -t -q "$in"; }

# archive_figures PLACE CORE: both ways between files in one folder.
archive_figures() {
  local place=$1 core=$2 memory ours theirs
  out=$place/out
  in=$core
  note "archive, in $place"
  pairs fresh run_archive run_lz4
  row "$where: archive" "$(calc "$median_a") s" - -
  row "$where: lz4 -1 and sync" "$(calc "$median_b") s" - -
  row "$where: archive, ratio ($ratios)" "$ratio" "0.4" "$(at_most "$ratio" 0.4)"
  pairs fresh run_archive run_zstd
  row "$where: zstd -1 -T2 and sync" "$(calc "$median_b") s" - -
  fresh
  run_lz4
  theirs=$(stat -c %s "$out")
  rm -f "$out"
  memory=$(peak "$coresalvage" archive --quiet --threads 2 "$in" "$out")
  row "$where: archive, peak memory" "$memory MiB" "48 MiB" "$(at_most "$memory" 48)"
  ours=$(stat -c %s "$out")
  ratio=$(calc "$ours / $theirs" %.4f)
  row "$where: size of the archive by lz4's" "$ratio" "1.02" "$(at_most "$ratio" 1.02)"

  mv "$out" "$place/archive.core.lz4"
  in=$place/archive.core.lz4
  pairs fresh run_restore run_unlz4
  row "$where: restore" "$(calc "$median_a") s" - -
  row "$where: lz4 -d and sync" "$(calc "$median_b") s" - -
  row "$where: restore, ratio ($ratios)" "$ratio" "0.5" "$(at_most "$ratio" 0.5)"
  fresh
  memory=$(peak "$coresalvage" restore --quiet --threads 2 "$in" "$out")
  row "$where: restore, peak memory" "$memory MiB" "32 MiB" "$(at_most "$memory" 32)"
  pairs fresh run_verify run_lz4_test
  row "$where: verify" "$(calc "$median_a") s" - -
  row "$where: verify, by lz4 -t ($ratios)" "$ratio" "0.35" "$(at_most "$ratio" 0.35)"
  rm -f "$out" "$in"
}

section_archive() {
  local core=$folder/archive.core time
  hog_core "$core" 2148 dense
  note "archive: $(size_of "$core")"
  in=$core
  ceilings
  where=disk archive_figures "$folder" "$core"
  if mountpoint -q /dev/shm; then
    local place=/dev/shm/${folder##*/}
    mkdir "$place"
    cp "$core" "$place/in.core"
    # Without a disk, what is left is the work of the cores.
    where=memory archive_figures "$place" "$place/in.core"
    rm -rf "$place"
  fi
  rm -f "$core"

  in=$folder/hole.core
  out=$folder/out
  hog_core "$in" 16 dense
  truncate -s 64G "$in"
  fresh
  time=$(seconds run_archive)
  row "64 GiB of hole: archive" "$time s" "0.5 s" "$(at_most "$time" 0.5)"
  row "64 GiB of hole: size" "$(calc "$(stat -c %s "$out") / 1e6" %.0f) MB" "300 MB" \
    "$(at_most "$(stat -c %s "$out")" 300000000)"
  rm -f "$in" "$out"
}
