#!/usr/bin/env bash
# Guess: `ddrescue -S IN OUT` onto a file that is there already makes it equal to IN; a block of zeros that is not written is
#   a hole.
# Found: ddrescue 1.27 skips blocks of zeros without punching or truncating: what OUT held before stays there, the status is
#   0, and the map file calls all of it rescued. Without -S it is right.
# Here: a rescued core whose "finished" map covers everything can hold pages of an older core; -S only onto a new file.
. "$(dirname "$0")/lib.sh"
deb gddrescue=1.27-1
ddrescue=$work/root/usr/bin/ddrescue
truncate -s 1M "$work/in"
echo end >>"$work/in"
for option in "" -S; do
  rm -f "$work/map"
  tr '\0' 'S' </dev/zero | head -c "$(stat -c %s "$work/in")" >"$work/out" || true
  status=0
  "$ddrescue" -q $option "$work/in" "$work/out" "$work/map" || status=$?
  [[ -z $option ]] && wanted="status 0, equal" || wanted="status 0, not equal"
  expect "ddrescue $option" "$wanted" "status $status, $(cmp -s "$work/in" "$work/out" && echo equal || echo "not equal")"
  expect "rescued, by its map" 1 "$(grep -cE '^0x0+ +0x[0-9A-F]+ +\+$' "$work/map")"
done
