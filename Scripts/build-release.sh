#!/usr/bin/env bash
# Builds the release executable: fully static, so that it starts fastest and runs on any Linux of
# this architecture, and stripped. Prints its path. Beside it lies the linker's map, which tells what is linked in.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scratch=$root/.build-release
binary=$scratch/coresalvage

build() {
  # Without debug information, which names folders: the build-id, which is a sum over all, would be another in each.
  swift build --package-path "$root" --scratch-path "$scratch" -c release --product coresalvage \
    -debug-info-format none --static-swift-stdlib -Xlinker "-Map=$binary.map" "$@" >&2
}

fully_static=(-Xswiftc -static-executable)
if ! build "${fully_static[@]}"; then
  echo "build-release.sh: no fully static executable; trying with the Swift library alone" >&2
  fully_static=()
  build
fi

products=$(swift build --package-path "$root" --scratch-path "$scratch" -c release --show-bin-path)
# Under another name first: whoever runs the old one keeps it.
strip -o "$binary.new" "$products/coresalvage"
mv -f "$binary.new" "$binary"
"$binary" --version >/dev/null
echo "$binary"
