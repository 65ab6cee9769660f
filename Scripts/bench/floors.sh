# The section `floors` of bench.sh: what stands below some figures, whoever does the work. Sourced, not run.

# The disk alone: as many bytes as the copy has, past the page cache, into blocks that are there already. Nothing is read,
# copied or allocated.
floor_disk() { dd if=/dev/zero of="$out.disk" bs=2M count=$(($(stat -c %s "$in") >> 21)) conv=notrunc oflag=direct; }
# What takes the least of the processors in the kernel: no page of the output's in the cache, its blocks allocated at once.
floor_direct() {
  local mib half
  mib=$(($(stat -c %s "$in") >> 20))
  half=$((mib / 2))
  fallocate -l $((mib << 20)) "$out"
  dd if="$in" of="$out" bs=1M count=$half conv=notrunc oflag=direct &
  dd if="$in" of="$out" bs=1M count=$((mib - half)) skip=$half seek=$half conv=notrunc oflag=direct
  wait $!
  sync "$out"
}
# A pipe is copied into and out of by its two ends, where cat of a file into a file lets the kernel copy.
floor_pipe() { cat "$in" | cat >"$out" && sync "$out"; }
# Two processors share the work, with nobody waiting for the other.
floor_verify() {
  lz4 -t -q "$in.1" &
  lz4 -t -q "$in.2"
  wait $!
}

floor_restore() {
  lz4 -d -q -f "$in.1" "$out.1" &
  lz4 -d -q -f "$in.2" "$out.2"
  wait $!
  [[ $out == /dev/shm/* ]] || sync "$out.1" "$out.2"
}
# In memory: without a disk, what is left is the work of the processors.
floor_archive() {
  lz4 -1 -q -f "$in.1" "$out.1" &
  lz4 -1 -q -f "$in.2" "$out.2"
  wait $!
}
one_archive() { lz4 -1 -q -f "$in" "$out"; }

# An empty command that has the parser of ours, built as ours is.
floor_size() {
  local place=$folder/empty
  mkdir -p "$place/Sources/empty"
  cat >"$place/Package.swift" <<'P'
// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "empty",
  dependencies: [.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")],
  targets: [
    .executableTarget(
      name: "empty", dependencies: [.product(name: "ArgumentParser", package: "swift-argument-parser")])
  ])
P
  cat >"$place/Sources/empty/Empty.swift" <<'P'
import ArgumentParser

@main struct Empty: ParsableCommand {}
P
  swift build --package-path "$place" -c release -debug-info-format none --static-swift-stdlib \
    -Xswiftc -Xfrontend -Xswiftc -function-sections -Xlinker --icf=safe -Xswiftc -static-executable >&2
  strip -o "$folder/empty.stripped" "$place/.build/release/empty"
  stat -c %s "$folder/empty.stripped"
}

section_floors() {
  local half place
  note "floors"
  row "an empty command with the same parser" "$(calc "$(floor_size) / 1e6" %.1f) MB" "13 MB" -

  in=$folder/dense.core
  out=$folder/out.core
  gcc -O2 -o "$folder/touch" "$here/bench/touch.c"
  hog_core "$in" 4096 dense
  dd if=/dev/zero of="$out.disk" bs=2M count=$(($(stat -c %s "$in") >> 21)) 2>/dev/null
  sync "$out.disk"
  pairs fresh_warm floor_disk run_cp
  row "4 GiB dense, the disk alone by cp and sync ($ratios)" "$ratio" "0.6" -
  rm -f "$out.disk"
  pairs fresh_warm floor_direct run_cp
  row "4 GiB dense, past the page cache by two dd, by cp and sync ($ratios)" "$ratio" "0.6" -
  if [[ $before ]]; then
    system_pairs fresh_warm floor_direct run_before
    row "4 GiB dense, warm, their system time by the build before ($ratios)" "$ratio" "0.6" -
  fi
  rm -f "$out"
  pairs fresh floor_pipe pipe_cat
  row "4 GiB through a pipe by two cats, ratio ($ratios)" "$ratio" "0.7" -
  if [[ $before ]]; then
    system_pairs fresh_warm run_cp run_before
    row "4 GiB dense, warm, system time of cp by the build before ($ratios)" "$ratio" "0.6" -
  fi
  half=$(($(stat -c %s "$in") / 2))
  head -c "$half" "$in" | lz4 -1 -q >"$folder/lz4.1"
  tail -c "+$((half + 1))" "$in" | lz4 -1 -q >"$folder/lz4.2"
  lz4 -1 -q "$in" "$folder/lz4"
  in=$folder/lz4
  pairs true floor_verify run_lz4_test
  row "two lz4 -t at once, of a half each, by one of the whole ($ratios)" "$ratio" "0.35" -
  pairs fresh floor_restore run_unlz4
  row "two lz4 -d at once, of a half each, and sync, by one of the whole ($ratios)" "$ratio" "0.5" -
  rm -f "$folder/lz4" "$folder/lz4.1" "$folder/lz4.2" "$out" "$out.1" "$out.2"
  mountpoint -q /dev/shm || return 0
  place=/dev/shm/${folder##*/}
  mkdir "$place"
  head -c 2G "$folder/dense.core" >"$place/in"
  head -c 1G "$place/in" >"$place/in.1"
  tail -c 1G "$place/in" >"$place/in.2"
  in=$place/in
  out=$place/out
  pairs fresh floor_archive one_archive
  row "two lz4 -1 at once, of a half each, in memory, by one of the whole ($ratios)" "$ratio" "0.4" -
  mv "$out" "$place/lz4"
  mv "$out.1" "$place/lz4.1"
  mv "$out.2" "$place/lz4.2"
  in=$place/lz4
  pairs fresh floor_restore run_unlz4
  row "two lz4 -d at once, of a half each, in memory, by one of the whole ($ratios)" "$ratio" "0.5" -
  rm -rf "$place"
}
