#!/usr/bin/env bash
# Builds the documentation of the library, for a browser: docs.sh [FOLDER], or into .build-docs.
#
# Ends with 1 when a public symbol has no comment, naming each, and when docc finds fault: a link that leads nowhere, a
# parameter that is gone. To read: python3 -m http.server -d .build-docs, and http://localhost:8000/documentation
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$(realpath -m "${1:-$root/.build-docs}")
cd "$root"
docc=$(command -v docc || echo "$(dirname "$(readlink -f "$(command -v swift)")")/docc")

# What stands there goes: it must be what docc made.
if [[ -e $out && ! -e $out/metadata.json ]]; then
  echo "docs.sh: $out is there, and is no documentation" >&2
  exit 64
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

swift package describe --type json >"$work/package"
python3 Scripts/docs/targets.py <"$work/package" >"$work/targets"

# Out of the modules of the debug build, which the tests use too: nothing is compiled twice. Its status says nothing: it
# fails for the modules of tests that were not built, and they are not asked for.
swift package dump-symbol-graph --minimum-access-level public --skip-synthesized-members \
  --emit-extension-block-symbols >"$work/log" 2>&1 || true
graphs=$(sed -n 's/^Files written to //p' "$work/log")

mkdir "$work/graphs"
while IFS='|' read -r name _ _ inner; do
  mkdir "$work/graphs/$name"
  for module in $name $inner; do
    # An older one is that of an earlier build.
    if [[ ! $graphs/$module.symbols.json -nt $work/targets ]]; then
      cat "$work/log" >&2
      echo "docs.sh: no symbol graph of $module" >&2
      exit 1
    fi
    # Whoever imports the target has these too, and looks for them there.
    sed "s/\"module\":{\"name\":\"$module\"/\"module\":{\"name\":\"$name\"/" "$graphs/$module.symbols.json" \
      >"$work/graphs/$name/$module.symbols.json"
  done
  for extensions in "$graphs/$name@"*.symbols.json; do
    [[ ! $extensions -nt $work/targets ]] || cp "$extensions" "$work/graphs/$name/"
  done
done <"$work/targets"

status=0
python3 Scripts/docs/undocumented.py "$work"/graphs/*/*.json || status=1

archives=()
while IFS='|' read -r name path needs _; do
  catalog=()
  [[ ! -d $path/$name.docc ]] || catalog=("$path/$name.docc")
  dependencies=()
  for need in $needs; do dependencies+=(--dependency "$work/$need.doccarchive"); done
  archives+=("$work/$name.doccarchive")
  # A line for each fault, without what an editor would put in.
  "$docc" convert "${catalog[@]}" --additional-symbol-graph-dir "$work/graphs/$name" --warnings-as-errors \
    --ide-console-output --fallback-display-name "$name" --fallback-bundle-identifier "$name" \
    --enable-experimental-external-link-support "${dependencies[@]}" \
    --output-path "$work/$name.doccarchive" 2>&1 |
    sed -e '/: fixit: /d' -e '/^\/\/\//d' -e "s|^$root/||" >&2
done <"$work/targets"
"$docc" merge "${archives[@]}" --synthesized-landing-page-name coresalvage --output-path "$work/site"

rm -rf "$out"
mkdir -p "$(dirname "$out")"
mv "$work/site" "$out"
echo "$out"
exit "$status"
