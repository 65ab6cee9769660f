#!/usr/bin/env bash
# Guess: what a program has written to a library's variables is private memory of its own, so that it stays, and is in the core, whatever
#   becomes of the library's file.
# Found: `cp NEW LIBRARY` cuts the file to nothing before it writes, and the kernel (6.18) then drops all pages of it, the private
#   copies too: the variables are again as in the file, and so is the core, which the process may leave much later. By `install` or
#   mv, which make another file of that name, they stay.
# Here: a core whose libraries' data look as if the program had just begun, or whose pointers there are not relocated, is no damage: a
#   library was written over in place. The code is then that of the new file, too.
. "$(dirname "$0")/lib.sh"
cat >"$work/library.c" <<'C'
char state[8192] __attribute__((aligned(4096))) = "state: as in the file";
C
cat >"$work/program.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
extern char state[8192];
int main(void) {
  char *now = state;
  strcpy(now, "state: as in the process");
  puts("ready");
  fflush(stdout);
  getchar();
  abort();
}
C
gcc -shared -fPIC -o "$work/library.so" "$work/library.c"
gcc -fPIC -o "$work/program" "$work/program.c" "$work/library.so" -Wl,-z,now
cp "$work/library.so" "$work/new.so"
cat >"$work/run" <<'S'
coproc program { exec "$1/program"; }
read -r -u "${program[0]}"
case $2 in
  cp) cp "$1/new.so" "$1/library.so" ;;
  install) install "$1/new.so" "$1/library.so" ;;
  mv) cp "$1/new.so" "$1/other.so" && mv "$1/other.so" "$1/library.so" ;;
esac
echo go >&"${program[1]}"
wait "$program_PID"
S
mkdir "$work/cores"
state() {
  rm -f "$work"/cores/*
  under core_pattern=core -- dies "$work/cores" bash "$work/run" "$work" "$1" >/dev/null
  python3 - "$work"/cores/* <<'P'
import re, sys
found = re.findall(rb"state: as in the \w+\0{1000}", open(sys.argv[1], "rb").read())
print(*sorted({word.rstrip(b"\0").decode() for word in found}), sep=", ")
P
}
echo "  Linux $(uname -r | cut -d. -f1-2)"
expect "left alone" "state: as in the process" "$(state nothing)"
expect "cp" "state: as in the file" "$(state cp)"
expect "install" "state: as in the process" "$(state install)"
expect "mv" "state: as in the process" "$(state mv)"
