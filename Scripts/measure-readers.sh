#!/usr/bin/env bash
# Prints the table of coresalvage-tools(7): what each post-mortem tool makes of a whole core, of the same cut, and
# of the repaired one. Takes the options of bench/readers.py; the manual tells which gave its figures.
# Tools and programs that are missing are left out, aloud: drgn, pystack, py-spy, pwntools and cle come from
# PyPI, chap is built from its repository, other releases are named as TOOL=COMMAND.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/install.sh" test
CORESALVAGE_BINARY=${CORESALVAGE_BINARY:-$("$here/build-release.sh")}
export CORESALVAGE_BINARY
exec python3 "$here/bench/readers.py" "$@"
