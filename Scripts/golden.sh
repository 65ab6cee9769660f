#!/usr/bin/env bash
# Writes the golden outputs in Fixtures/golden anew, with the released executable or the one that
# CORESALVAGE_BINARY names, and shows what that changed.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

if [[ -z ${CORESALVAGE_BINARY:-} ]]; then CORESALVAGE_BINARY=$(Scripts/build-release.sh); fi
export CORESALVAGE_BINARY
mkdir -p Fixtures/golden
CORESALVAGE_RENEW_GOLDEN=1 swift test --disable-xctest --filter GoldenTests
git add --intent-to-add Fixtures/golden
git diff --stat -- Fixtures/golden
