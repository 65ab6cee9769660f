#!/usr/bin/env bash
# Guess: AT_EXECFN, which file(1) prints as "execfn", is the program that the core is of: of a script by "#!" the interpreter, for that is
#   what runs.
# Found: it is the script (Linux 6.18), and so is the name in NT_PRPSINFO, and %e; %f, %E and NT_FILE have the interpreter, and the arguments
#   begin with it, as the first line of the script has it.
# Here: who opens AT_EXECFN as the core's program gets a text; of two interpreters behind links or env the path in NT_FILE says which one.
. "$(dirname "$0")/lib.sh"
deb file=1:5.44-3 libmagic1=1:5.44-3 libmagic-mgc=1:5.44-3
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu MAGIC=$work/root/usr/lib/file/magic.mgc
printf '#include <stdlib.h>\nint main(void){abort();}\n' >"$work/crash.c"
gcc -o "$work/interpreter" "$work/crash.c"
printf '#!%s -x\n' "$work/interpreter" >"$work/script"
chmod 755 "$work/script"
mkdir "$work/cores"
echo "  Linux $(uname -r | cut -d. -f1-2)"
under core_pattern=core.e-%e.f-%f core_uses_pid=0 -- dies "$work/cores" "$work/script" word >/dev/null
expect "%e and %f" "core.e-script.f-interpreter" "$(ls "$work/cores")"
expect "name in NT_PRPSINFO" "script" "$(fields "$work"/cores/* 3 "<40x16s")"
said=$("$work/root/usr/bin/file" -b "$work"/cores/*)
expect "file 5.44, from" "WORK/interpreter -x WORK/script word" "$(sed -E "s/.*from '([^']*)'.*/\1/; s|$work|WORK|g" <<<"$said")"
expect "file 5.44, execfn" "WORK/script" "$(sed -E "s/.*execfn: '([^']*)'.*/\1/; s|$work|WORK|g" <<<"$said")"
