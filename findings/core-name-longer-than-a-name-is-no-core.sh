#!/usr/bin/env bash
# Guess: core_pattern=core.%E gives a file for every program; the name of one with a long path is cut somewhere. And a pattern
#   that is longer than the kernel takes is refused when it is written.
# Found: a name of more than 255 bytes is never cut: there is no core, the parent sees no "core dumped", and the kernel's log has
#   no word of it (Linux 6.18). A pattern of more than 127 bytes is cut to that without an error: the last words of a handler's
#   command are gone.
# Here: deep paths are those of build trees, package stores and containers. %e, or the path in the note, doesn't have that limit.
#   Needs root.
. "$(dirname "$0")/lib.sh"
printf '#include <stdlib.h>\nint main(void){abort();}\n' >"$work/crash.c"
gcc -o "$work/crash" "$work/crash.c"
mkdir "$work/cores"
crash() { # LENGTH: by a program whose path has that many bytes
  local path=$work/$1
  until ((${#path} >= $1 - 64)); do path+=/a-folder-of-a-build-tree; done
  path+=/$(printf "%$(($1 - ${#path} - 1))s" | tr ' ' x)
  mkdir -p "${path%/*}"
  cp "$work/crash" "$path"
  echo "$(under core_pattern=core.%E -- dies "$work/cores" "$path"), $(find "$work/cores" -mindepth 1 -name 'core*' -delete -print | wc -l) file(s)"
}
expect "a path of 250 bytes" "core dumped, 1 file(s)" "$(crash 250)"
lines=$(dmesg | wc -l)
expect "a path of 251 bytes" "no core, 0 file(s)" "$(crash 251)"
expect "lines in the kernel's log" 0 "$(($(dmesg | wc -l) - lines))"
pattern="|/bin/true $(printf '%200s' | tr ' ' x)"
expect "a pattern of ${#pattern} bytes" "127 bytes" "$(under core_pattern="$pattern" -- cat /proc/sys/kernel/core_pattern | tr -d '\n' | wc -c) bytes"
