#!/usr/bin/env bash
# Everything that must hold: format, manual pages, documentation, all tests, those of the command against the released
# executable, and the README's lines in chroots of Debian's releases. What the tests need is installed where that is allowed.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

step() { printf '\n== %s\n' "$*"; }

step "what the tests need"
Scripts/install.sh build test package ||
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

# Most of it is waiting for downloads, so it goes on beside what follows. Its packages are not compressed, which takes longest.
tried=$(mktemp)
DPKG_DEB_COMPRESSOR_LEVEL=0 setsid Scripts/try-packages.sh >"$tried" 2>&1 &
trial=$!
left=("$tried")
trap '[[ -z $trial ]] || kill -- "-$trial" 2>/dev/null || true; rm -f "${left[@]}"' EXIT

step "documentation"
Scripts/docs.sh

step "tests"
[[ $(id -u) == 0 ]] || echo "Not root: what needs mounts or the kernel's settings is skipped."
swift build --build-tests
log=$(mktemp)
CORESALVAGE_SKIPS=$(mktemp)
export CORESALVAGE_SKIPS
left+=("$log" "$CORESALVAGE_SKIPS")
swift test --skip-build --parallel --disable-xctest 2>&1 | tee "$log"

step "strangers' bytes, under libFuzzer and AddressSanitizer"
Scripts/fuzz.sh 30

step "skipped tests"
Scripts/skips.sh "$CORESALVAGE_SKIPS" "$log"

step "the README's lines in chroots of Debian's releases, by a user who isn't root"
wait "$trial" && status=0 || status=$?
trial=
cat "$tried"
((status == 0))

step "done"
grep -E 'Test run with [0-9]+ tests?' "$log" | tail -n 1
