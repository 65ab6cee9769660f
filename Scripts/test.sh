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

# What goes on beside the steps is ended with them, and what it printed is shown in the step that waits for it.
left=()
declare -A beside=()
end_all() {
  for one in "${beside[@]}"; do kill -- "-$one" 2>/dev/null || true; done
  rm -f "${left[@]}"
}
trap end_all EXIT
await() {
  local status=0
  wait "${beside[$1]}" || status=$?
  unset "beside[$1]"
  return $status
}

# An optimised build has one module at a time for the compiler: two of them fill two processors.
fuzzer=$(mktemp)
left+=("$fuzzer")
setsid Scripts/fuzz.sh 0 >"$fuzzer" 2>&1 &
beside[fuzzer]=$!

step "release executable"
CORESALVAGE_BINARY=$(Scripts/build-release.sh)
export CORESALVAGE_BINARY
echo "$CORESALVAGE_BINARY"

# Most of it is waiting for downloads, so it goes on beside what follows. Its packages are not compressed, which takes longest.
tried=$(mktemp)
left+=("$tried")
DPKG_DEB_COMPRESSOR_LEVEL=0 setsid Scripts/try-packages.sh >"$tried" 2>&1 &
beside[trial]=$!

step "documentation"
Scripts/docs.sh

step "tests"
[[ $(id -u) == 0 ]] || echo "Not root: what needs mounts or the kernel's settings is skipped."
swift build --build-tests
log=$(mktemp)
others=$(mktemp)
CORESALVAGE_SKIPS=$(mktemp)
export CORESALVAGE_SKIPS
left+=("$log" "$others" "$CORESALVAGE_SKIPS")
bundle=$(swift build --show-bin-path)/coresalvagePackageTests.xctest
# A test that waits, for a program, a disk or the kernel's settings, holds one of as many threads as there are processors. Those
# of the command wait most, so the others have a process of their own beside them. SwiftPM itself can't run twice.
setsid "$bundle" --testing-library swift-testing --skip '^CommandTests\.' >"$others" 2>&1 &
beside[others]=$!
failed=0
swift test --skip-build --parallel --disable-xctest --filter '^CommandTests\.' 2>&1 | tee "$log" || failed=1
await others || failed=1
tee -a "$log" <"$others"
# Last of all, for who sees the end of this alone.
((failed == 0)) || { step "what failed"; awk '/^[✔◇]|^seed /{shown=0} /^✘/{shown=1} shown' "$log" | cut -c -500 | tail -n 100; exit 1; }

step "strangers' bytes, under libFuzzer and AddressSanitizer"
await fuzzer || { cat "$fuzzer"; exit 1; }
CORESALVAGE_FUZZ_BUILT=1 Scripts/fuzz.sh 30

step "skipped tests"
Scripts/skips.sh "$CORESALVAGE_SKIPS" "$log"

step "the README's lines in chroots of Debian's releases, by a user who isn't root"
await trial && status=0 || status=$?
cat "$tried"
((status == 0))

step "done"
grep -E 'Test run with [0-9]+ tests?' "$log"
