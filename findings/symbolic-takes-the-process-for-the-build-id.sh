#!/usr/bin/env bash
# Guess: symbolic, Sentry's library for debug information, says of a core that it is one (kind "dump"), and gives it no identifier, or the
#   build-id of its program.
# Found: symbolic 13.9.0 takes the first note of type 3 for the build-id, whoever owns it, and in a core that is NT_PRPSINFO: code_id is
#   the 136 bytes of it, with the numbers of process and user and the command's words, and debug_id the first 16 of them, the state and the
#   flags, which many processes share.
# Here: who files cores by that identifier has a new one for each process and one for all of them, and the words of command lines among
#   the names of files. The program's build-id is in its first page, in the core's memory.
. "$(dirname "$0")/lib.sh"
py symbolic==13.9.0
printf '#include <stdlib.h>\nint main(void){abort();}\n' >"$work/crash.c"
gcc -o "$work/crash" "$work/crash.c"
mkdir "$work/one" "$work/two"
for folder in one two; do
  under core_pattern=core core_uses_pid=0 -- dies "$work/$folder" "$work/crash" --words-of-the-command "$folder" >/dev/null
done
expect "of two cores" "kind dump dump, words in code_id True True, code_id differs, debug_id equal" "$(python3 - "$work" <<'P'
import sys
from symbolic.debuginfo import Archive
one, two = [next(Archive.open(f"{sys.argv[1]}/{name}/core").iter_objects()) for name in ("one", "two")]
words = [f"--words-of-the-command {name}".encode() in bytes.fromhex(o.code_id) for name, o in (("one", one), ("two", two))]
print("kind", one.kind, f"{two.kind}, words in code_id", words[0], f"{words[1]},",
      "code_id", "equal," if one.code_id == two.code_id else "differs,", "debug_id", "equal" if one.debug_id == two.debug_id else "differs")
P
)"
