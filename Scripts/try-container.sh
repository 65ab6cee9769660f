#!/usr/bin/env bash
# Tries the Containerfile: by an engine of containers, where one is that can fetch images; else by hand, its last stage as a
# chroot that has the files which it copies and nothing else, no /proc and no /dev, in which its ENTRYPOINT repairs a core as
# a user who isn't root. Needs root.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -m 777 "$work/cores"
tar -xJf "$root/Fixtures/bakery.rlimit-libraries.tar.xz" -C "$work/cores"
core=bakery.rlimit-libraries.core

for engine in podman docker; do
  command -v "$engine" >/dev/null && "$engine" info >/dev/null 2>&1 || continue
  "$engine" build -q -f "$root/Containerfile" -t coresalvage-try "$root" || continue
  "$engine" run --rm -v "$work/cores:/cores" coresalvage-try "$core" out.core
  "$engine" rmi -f coresalvage-try >/dev/null
  how=$engine
  break
done

if [[ -z ${how:-} ]]; then
  how="a chroot: no engine of containers that can build is here"
  binary=${CORESALVAGE_BINARY:-$("$root/Scripts/build-release.sh")}
  image=$work/image
  mkdir "$image"
  # The steps of the file itself, of which only these are known here.
  stage=0
  while read -r step; do
    case $step in
      "FROM scratch") stage=1 ;;
      "RUN install -d -m 1777 /empty/var/tmp") install -d -m 1777 "$work/empty/var/tmp" ;;
      "COPY --from=build /coresalvage/.build-release/coresalvage "*) install -D "$binary" "$image${step##* }" ;;
      "COPY --from=build /empty /") cp -a "$work/empty/." "$image/" ;;
      "WORKDIR "*) ((stage)) && folder=${step#WORKDIR } && mkdir -p "$image$folder" ;;
      "ENTRYPOINT "*) entry=$(sed -E 's/^ENTRYPOINT \["(.*)"\]$/\1/' <<<"$step") ;;
      "" | "#"* | "ARG SWIFT="* | 'FROM ${SWIFT} AS build' | "COPY . /coresalvage") ;;
      "RUN Scripts/install.sh build && Scripts/build-release.sh") ;; # as here
      *) echo "try-container.sh: a step that is not known here: $step" >&2; exit 1 ;;
    esac
  done <"$root/Containerfile"
  cp -a "$work/cores/." "$image$folder/"
  chmod 777 "$image$folder"
  # chroot(1) starts in /: the words name files below WORKDIR.
  run() { chroot --userspec=65534:65534 "$image" "$entry" "$@"; }
  run "$folder/$core" "$folder/out.core"
  run archive - - <"$image$folder/$core" >"$work/piped.core.lz4"
  run check "$folder/out.core" && { echo "try-container.sh: a repaired core counts as damaged" >&2; exit 1; }
  cp "$image$folder/out.core" "$work/cores/out.core"
  lz4 -t "$work/piped.core.lz4" 2>/dev/null
fi

"${CORESALVAGE_BINARY:-$root/.build-release/coresalvage}" note "$work/cores/out.core" >/dev/null
echo "The image repairs a core, tried by $how."
