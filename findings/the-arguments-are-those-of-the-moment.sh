#!/usr/bin/env bash
# Guess: pr_psargs in NT_PRPSINFO, which file(1) and debuggers print as what made the core, is the command line that the program was started
#   with.
# Found: the kernel (6.18) reads it from the process's own memory at the crash: a program that has written another title there (servers do,
#   for ps) or wiped a password has that in its core, with what is left of the old words behind it, zeros between as blanks; and where
#   the top of the stack was written over, whatever that was.
# Here: a strange command line in a core is the process's, and no damage to the file. AT_EXECFN and NT_FILE are not changed by a title
#   of that length.
. "$(dirname "$0")/lib.sh"
cat >"$work/crash.c" <<'C'
#include <stdlib.h>
#include <string.h>
int main(int count, char **words) {
  strcpy(words[0], "idle");
  memset(words[2], '*', strlen(words[2]));
  abort();
}
C
gcc -w -o "$work/crash" "$work/crash.c"
mkdir "$work/cores"
cd "$work"
echo "  Linux $(uname -r | cut -d. -f1-2)"
under core_pattern=core -- dies "$work/cores" ../crash --password secret >/dev/null
expect "arguments" "idle ash --password ****** " "$(fields "$work"/cores/* 3 "<56x80s")"
expect "AT_EXECFN" "yes" "$(grep -qa '\.\./crash' "$work"/cores/* && echo yes)"
