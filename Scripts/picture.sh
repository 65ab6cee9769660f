#!/usr/bin/env bash
# Makes docs/page.png anew: the page that `inspect --html` writes of a core in Fixtures, as a headless browser shows it.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
coresalvage=${CORESALVAGE_BINARY:-$("$root/Scripts/build-release.sh")}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
tar -xJf "$root/Fixtures/bakery.rlimit-libraries.tar.xz"
# The archive leaves out when it was written.
touch -d '2026-11-24 08:12:31 UTC' bakery.rlimit-libraries.core
# Of this machine's files the picture is to say nothing.
"$coresalvage" inspect --no-local-files --html page.html bakery.rlimit-libraries.core || (($? == 1)) # it is damaged
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1 --window-size=900,870 \
  --screenshot="$work/page.png" "file://$work/page.html" 2>/dev/null
mv page.png "$root/docs/page.png"
echo "$root/docs/page.png"
