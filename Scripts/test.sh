#!/usr/bin/env bash
# Everything that must hold: format, manual pages, documentation, and all tests, those of the command against the
# released executable. What the tests need is installed where that is allowed.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

step() { printf '\n== %s\n' "$*"; }

step "what the tests need"
Scripts/install.sh build test ||
  echo "Going on without: tests that need what is missing are skipped."
Scripts/install.sh python || echo "No packages for Python: tests that need them are skipped."
export PYTHONPATH=$root/.build-python${PYTHONPATH:+:$PYTHONPATH}

# Who sends a kill is asked of tracefs, which systemd mounts and a bare machine doesn't. It stays: others may use it by then.
if [[ $(id -u) == 0 && -d /sys/kernel/tracing && ! -d /sys/kernel/tracing/instances ]]; then
  mount -t tracefs tracefs /sys/kernel/tracing || echo "No tracefs: tests of who sent a kill are skipped."
fi

step "format"
swift format lint --strict --parallel --recursive Sources Tests Package.swift

step "manual pages"
if command -v mandoc >/dev/null; then
  Scripts/lint-manual.sh
else
  echo "Skipped: no mandoc."
fi

step "release executable"
CORESALVAGE_BINARY=$(Scripts/build-release.sh)
export CORESALVAGE_BINARY
echo "$CORESALVAGE_BINARY"

step "documentation"
Scripts/docs.sh

step "tests"
[[ $(id -u) == 0 ]] || echo "Not root: what needs mounts or the kernel's settings is skipped."
swift build --build-tests
log=$(mktemp)
CORESALVAGE_SKIPS=$(mktemp)
export CORESALVAGE_SKIPS
trap 'rm -f "$log" "$CORESALVAGE_SKIPS"' EXIT
swift test --skip-build --parallel --disable-xctest 2>&1 | tee "$log"

step "strangers' bytes, under libFuzzer and AddressSanitizer"
Scripts/fuzz.sh 30

step "skipped tests"
Scripts/skips.sh "$CORESALVAGE_SKIPS" "$log"

step "done"
grep -E 'Test run with [0-9]+ tests?' "$log" | tail -n 1
