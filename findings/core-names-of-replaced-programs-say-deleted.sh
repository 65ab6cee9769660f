#!/usr/bin/env bash
# Guess: core_pattern's %f is the file name of the program, and %e the same up to 15 characters.
# Found: where the program's file has been removed or replaced, as by an upgrade, %f is "NAME (deleted)" and %E the path with that
#   behind it: a core "core.server (deleted)" (Linux 6.18), with a space and brackets; to a handler it comes as one argument.
#   %e is the crashing thread's name, whatever that is: "!" for a thread that is called "." or has no name.
# Here: cores from before and after an upgrade are two programs to whoever counts by name, and a pattern such as core.server.* in a
#   clean-up misses the ones after it.
. "$(dirname "$0")/lib.sh"
cat >"$work/crash.c" <<'C'
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>
int main(int count, char **words) {
  if (count > 1) unlink(words[0]);
  if (count > 2) prctl(PR_SET_NAME, words[2]);
  abort();
}
C
gcc -o "$work/built" "$work/crash.c"
mkdir "$work/cores"
name() { # PATTERN WORD...: the core's name
  rm -rf "$work"/cores/*
  cp "$work/built" "$work/server"
  under core_pattern="$1" core_uses_pid=0 -- dies "$work/cores" "$work/server" "${@:2}" >/dev/null
  ls "$work/cores"
}
expect "%f" "core.server.1" "$(name core.%f.1)"
expect "%f of a removed program" "core.server (deleted).1" "$(name core.%f.1 remove)"
expect "%E of it" "core.${work//\//!}!server (deleted)" "$(name core.%E remove)"
expect "%e of it" "core.server" "$(name core.%e remove)"
expect "%e of a thread without a name" "core.!" "$(name core.%e remove "")"
