#!/usr/bin/env bash
# Guess: AddressSanitizer keeps its own process from a core, whose shadow would be terabytes; a program that such a process starts has
#   the limit that the caller had.
# Found: ASan and TSan (gcc 12) set the soft limit to 0 as the process begins, and what it starts by system() or fork and exec inherits
#   that: there is no core of a program without any sanitizer. UBSan and LSan alone don't. ASAN_OPTIONS=disable_coredump=0 leaves the limit,
#   and a core is then a few ten MB, for the shadow is kept out of it (MADV_DONTDUMP).
# Here: helpers, servers and plug-ins that a test run under ASan starts crash without a trace; they can raise the soft limit again.
. "$(dirname "$0")/lib.sh"
expect "gcc" 12 "$(gcc -dumpversion)"
cat >"$work/crash.c" <<'C'
int main(void) { *(volatile int *)0x10 = 1; }
C
cat >"$work/starts.c" <<'C'
#include <stdlib.h>
int main(int count, char **words) { return system(words[1]); }
C
gcc -o "$work/crash" "$work/crash.c"
seen() { # SANITIZER: the soft limit and the cores of what it starts
  gcc -fsanitize="$1" -o "$work/starts" "$work/starts.c"
  rm -f "$work"/core*
  under core_pattern=core core_uses_pid=0 -- dies "$work" "$work/starts" "prlimit --core --noheadings --raw --output SOFT >limit; '$work/crash'; true" >/dev/null
  echo "$(<"$work/limit"), $([[ -s $work/core ]] && echo a core || echo no core)"
}
expect "undefined" "unlimited, a core" "$(seen undefined)"
expect "leak" "unlimited, a core" "$(seen leak)"
expect "address" "0, no core" "$(seen address)"
expect "thread" "0, no core" "$(seen thread)"
export ASAN_OPTIONS=disable_coredump=0
expect "address, disable_coredump=0" "unlimited, a core" "$(seen address)"
cat >"$work/itself.c" <<'C'
#include <stdlib.h>
int main(void) { abort(); }
C
gcc -fsanitize=address -o "$work/itself" "$work/itself.c"
rm -f "$work"/core*
under core_pattern=core core_uses_pid=0 -- dies "$work" "$work/itself" >/dev/null
size=$(stat -c %s "$work/core")
expect "its own core" "below 100 MB" "$( ((size < 100000000)) && echo below 100 MB)"
