#!/usr/bin/env bash
# Guess: lldb's `process save-core FILE` on Linux writes an ELF core, as gdb's gcore does.
# Found: it writes a minidump (MDMP) whatever the file is called (lldb 23.1), which gdb and elfutils don't take. There is
#   no plugin that writes an ELF core on Linux.
# Here: "not a core: found 4d 44 4d 50" is worth a word about what it is.
. "$(dirname "$0")/lib.sh"
py lldb-for-pwndbg==23.1.0.post2
a_core "$work/elf"
"$work/sleeper" >/dev/null &
id=$!
sleep 0.2
"$work/py/bin/lldb" -b -p "$id" -o "process save-core $work/saved.core" -o detach >/dev/null 2>&1
kill "$id"
expect "the first bytes of gcore's" "ELF" "$(head -c 4 "$work/elf" | tail -c 3)"
expect "the first bytes of lldb 23.1's" "MDMP" "$(head -c 4 "$work/saved.core")"
