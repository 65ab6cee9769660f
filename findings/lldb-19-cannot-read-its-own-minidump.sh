#!/usr/bin/env bash
# Guess: lldb opens every minidump that its own `process save-core --plugin-name=minidump` has written.
# Found: lldb 19 writes a stream of an exception for each thread that stopped for a reason. Where it was attached to a process
#   of several threads that is every one, and lldb 19 refuses the file: "Duplicate stream type". 23.1 reads the very same file.
# Here: a test that writes a minidump by lldb lets the process crash, so that one thread has a reason; and that lldb says
#   such a thing of a minidump is no sign that it was damaged.
. "$(dirname "$0")/lib.sh"
version=$(apt-cache madison lldb-19 | awk '$3 ~ /^1:19\.1\./ { print $3; exit }')
for package in {lldb,liblldb,python3-lldb}-19 lib{llvm,clang-cpp}19; do deb "$package=$version"; done
lldb() { LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu:$work/root/usr/lib/llvm-19/lib "$work/root/usr/lib/llvm-19/bin/lldb" "$@"; }
a_core "$work/elf" # builds the program
"$work/sleeper" >/dev/null &
id=$!
sleep 0.2
lldb -b -p "$id" -o "process save-core --plugin-name=minidump $work/saved" -o detach >/dev/null 2>&1
kill "$id"
streams=$(python3 - "$work/saved" <<'P'
import struct, sys
data = open(sys.argv[1], "rb").read()
count, place = struct.unpack_from("<2I", data, 8)
print(sum(struct.unpack_from("<I", data, place + 12 * index)[0] == 6 for index in range(count)))
P
)
expect "streams of an exception that lldb 19 wrote of 3 threads" 3 "$streams"
expect "lldb 19 opens it" "no: Duplicate stream type" \
  "$(lldb -b -c "$work/saved" -o 'thread list' 2>&1 | sed -n 's/^error: /no: /p' | head -n 1)"
py lldb-for-pwndbg==23.1.0.post2
expect "threads that lldb 23.1 opens it with" 3 "$("$work/py/bin/lldb" -b -c "$work/saved" -o 'thread list' 2>&1 | grep -c 'tid = ')"
