#!/usr/bin/env bash
# Prints the table of coresalvage(1): what gdb, lldb, eu-stack, drgn and pystack make of cut cores, before
# and after. Takes the options of bench/debuggers.py; -n 8 gave the manual's. Tools that are missing are
# left out: drgn and pystack come from PyPI.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/install.sh" test
CORESALVAGE_BINARY=${CORESALVAGE_BINARY:-$("$here/build-release.sh")}
export CORESALVAGE_BINARY
exec python3 "$here/bench/debuggers.py" "$@"
