#!/usr/bin/env bash
# The checklist of a release, as far as a machine can go through it: release.sh [--no-tests]
#
# Each step is checked, and the first that isn't as it should be ends it. At the end the packages lie in .build-packages with
# their sums, and what is left to do is printed. It pushes and publishes nothing.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
tests=1
[[ ${1:-} != --no-tests ]] || tests=0
step() { printf '\n== %s\n' "$*"; }
stop() { printf 'release.sh: %s\n' "$*" >&2; exit 1; }

step "the tree"
[[ -z $(git status --porcelain) ]] || stop "the tree has changes that no commit has"
version=$(sed -n 's/.*static let current = "\(.*\)"/\1/p' Sources/CoreIO/Words/SalvageVersion.swift)
[[ -z $(git tag -l "v$version") ]] || stop "v$version is tagged already: raise SalvageVersion"
heading=$(grep -m 1 '^## ' CHANGELOG.md)
[[ $heading =~ ^"## [$version] - "[0-9]{4}-[0-9]{2}-[0-9]{2}$ ]] ||
  stop "CHANGELOG.md begins with '$heading', and should with '## [$version] - YYYY-MM-DD'"
for file in README.md Scripts/fleet/*.yaml share/ci/github/action.yml; do
  # Names of files and images that have the version in them.
  ! grep -oE '(coresalvage[:_]|@v)[0-9]+\.[0-9]+\.[0-9]+' "$file" | grep -vF "$version" || stop "$file names another version"
done
echo "coresalvage $version, $(git rev-parse --short HEAD)"

step "all that must hold"
if ((tests)); then Scripts/test.sh; else echo "Left out, as asked."; fi

step "the same bytes from two builds, in folders of different names"
export SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for name in one another-folder; do
  git clone -q "$root" "$work/$name"
  (cd "$work/$name" && Scripts/package.sh --output "$work/packages-$name" >/dev/null)
  (cd "$work/packages-$name" && sha256sum ./*) | tee "$work/sums-$name"
done
cmp "$work/sums-one" "$work/sums-another-folder" || stop "two builds differ"

step "the packages"
mkdir -p .build-packages
cp "$work"/packages-one/* .build-packages/
# Which versions of other packages went into it.
cp "$work/one/Package.resolved" .build-packages/
(cd .build-packages && sha256sum ./*.deb ./*.tar.gz >SHA256SUMS)
lintian --fail-on error,warning .build-packages/*.deb
CORESALVAGE_PACKAGES=$root/.build-packages Scripts/try-packages.sh
export CORESALVAGE_BINARY=$work/one/.build-release/coresalvage
for script in container coredumpctl arm64; do "Scripts/try-$script.sh"; done

step "what is left to do"
cat <<TODO
- look at docs/page.png (Scripts/picture.sh makes it anew) and at 'man -l man/coresalvage.1'
- git tag -s v$version && git push origin v$version
- publish the files of .build-packages with SHA256SUMS, and what CHANGELOG.md has of this version
- raise SalvageVersion, and begin '## [NEXT] - unreleased' in CHANGELOG.md
TODO
