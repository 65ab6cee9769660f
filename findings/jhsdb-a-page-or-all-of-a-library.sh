#!/usr/bin/env bash
# Guess: the JDK's jhsdb reads libraries' code from their files, so that a core may have any part of it, or none.
# Found: an entry that begins a library's read-only part must have all of that part or exactly one page: with a page less
#   than all of libc's code jhsdb can't attach and shows no thread ("address conflict", with LIBSAPROC_DEBUG), though it
#   takes every byte of that code from the file. With one page alone it shows all.
# Here: HotSpot has all files' memory dumped, so most cuts of a nearly whole core lie in a library.
. "$(dirname "$0")/lib.sh"
java=$(dirname "$(readlink -f "$(command -v jhsdb)")")
cat >"$work/Crash.java" <<'J'
public class Crash {
  public static void main(String[] none) throws Exception {
    new ProcessBuilder("kill", "-ABRT", "" + ProcessHandle.current().pid()).start();
    Thread.sleep(60000);
  }
}
J
printf '#!/bin/sh\nexec %s/java -Xmx16m -XX:+UseSerialGC %s/Crash.java\n' "$java" "$work" >"$work/run"
chmod +x "$work/run"
kernel_core "$work/run" "$work"
# entry SIZE: a core in which libc's code has that many bytes, or as many less than it had.
entry() {
  cp --sparse=always "$work/core" "$work/edited"
  python3 - "$work/edited" "$1" <<'P'
import struct, sys
path, size = sys.argv[1], int(sys.argv[2])
file = open(path, "r+b")
head = file.read(1 << 20)
table, count = struct.unpack_from("<Q", head, 32)[0], struct.unpack_from("<H", head, 56)[0]
entries = [list(struct.unpack_from("<IIQQQQQQ", head, table + 56 * i)) for i in range(count)]
file.seek(entries[0][2])
notes = file.read(entries[0][5])
at = 0
while True:
    owner, length, kind = struct.unpack_from("<III", notes, at)
    start = at + 12 + (owner + 3 & ~3)
    if kind == 0x46494c45: break
    at = start + (length + 3 & ~3)
files, = struct.unpack_from("<Q", notes, start)
names = notes[start + 16 + 24 * files:].split(b"\0")
libc = {struct.unpack_from("<Q", notes, start + 16 + 24 * i)[0] for i in range(files) if b"/libc.so" in names[i]}
index = next(i for i, e in enumerate(entries) if e[0] == 1 and e[3] in libc and e[1] & 1)
wanted = size if size > 0 else entries[index][5] + size
entries[index][5] = entries[index][6] = wanted
file.seek(table + 56 * index)
file.write(struct.pack("<IIQQQQQQ", *entries[index]))
P
}
threads() {
  (cd "$work" && "$java/jhsdb" jstack --exe "$java/java" --core "$1" 2>&1) | grep -c '^"main"' || true
}
expect "main threads in the whole core" 1 "$(threads core)"
entry -4096
expect "with a page less of libc's code" 0 "$(threads edited)"
entry 4096
expect "with one page of it" 1 "$(threads edited)"
