#!/usr/bin/env bash
# Guess: `py-spy dump --core` of a Python program that died in a deep recursion shows its frames, or the innermost ones and that there are more.
# Found: with more than 4,096 frames in a thread py-spy 0.4.3 shows nothing of the whole process and says "Failed to find a python
#   interpreter in the .data section", as of a core without Python or with lost memory: it looks for an interpreter by walking what
#   could be one, and its own limit ends the walk. With 4,000 it shows all.
# Here: a full stack, the usual end of such a recursion, is where it fails; of a whole core, too. gdb's python-gdb.py has no such limit.
. "$(dirname "$0")/lib.sh"
newest() { echo "$1=$(apt-cache madison "$1" | awk '!found && $3 ~ /^3[.]11[.]2-6/ { print $3; found = 1 }')"; }
deb "$(newest python3.11-minimal)" "$(newest libpython3.11-minimal)" "$(newest libpython3.11-stdlib)"
cat >"$work/recursion.py" <<'P'
import os, sys
sys.setrecursionlimit(20000)
def deeper(more):
    if more: return deeper(more - 1)
    os.abort()
deeper(int(sys.argv[1]))
P
mkdir "$work/cores"
for calls in 4000 6000; do
  rm -f "$work"/cores/*
  under core_pattern=core -- dies "$work/cores" env PYTHONHOME="$work/root/usr" "$work/root/usr/bin/python3.11" "$work/recursion.py" "$calls" >/dev/null
  [[ -e $work/py ]] || py py-spy==0.4.3
  "$work/py/bin/py-spy" dump --core "$work"/cores/* >"$work/out" 2>&1 || true
  case $calls in
    4000) expect "$calls calls" 4001 "$(grep -c 'deeper (' "$work/out")" ;;
    6000) expect "$calls calls" "Failed to find a python interpreter in the .data section" "$(sed -n 's/^Error: //p' "$work/out")" ;;
  esac
done
