#!/usr/bin/env bash
# Holds the manual pages, or those that are named, against mandoc's lint; silent where they are clean.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
pages=("$@")
((${#pages[@]})) || pages=("$root"/man/*.[1-8])

# In coresalvage(1) the examples come before all else, so that they are on the first screen, as mdoc(7) does not have it.
found=$(mandoc -Tlint -Wwarning "${pages[@]}" |
  grep -Ev 'coresalvage\.1:[0-9:]+ WARNING: sections out of conventional order: Sh ENVIRONMENT$' || true)
[[ -z $found ]] || { printf '%s\n' "$found"; exit 1; }
