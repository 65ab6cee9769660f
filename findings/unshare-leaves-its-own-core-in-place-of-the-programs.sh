#!/usr/bin/env bash
# Guess: `unshare -f PROGRAM`, which waits for its program, ends with a status that tells of the signal, as a shell does; the core is
#   the program's.
# Found: unshare (util-linux 2.38.1) ends by sending itself the same signal, and leaves a core of its own after the program's: with
#   core_pattern=core in the same folder and under the same name, so that the program's core is gone. So does nsenter -p, as one does to
#   start something in a container. timeout(1), which ends in that way too, leaves none.
# Here: a core by "unshare" or "nsenter" with kill() as its first frame is of no crash, and none of the program's was cut or lost by a limit.
#   A pattern with %P keeps both. Needs root.
. "$(dirname "$0")/lib.sh"
deb "util-linux=$(apt-cache madison util-linux | awk '!found && $3 ~ /^2[.]38[.]1-/ { print $3; found = 1 }')" coreutils=9.1-1
cat >"$work/crash.c" <<'C'
int main(void) { *(volatile int *)0x10 = 1; }
C
gcc -o "$work/crash" "$work/crash.c"
names() { # PATTERN COMMAND...: the programs that the cores are of
  rm -f "$work"/core*
  local pattern=$1
  shift
  under core_pattern="$pattern" core_uses_pid=0 -- dies "$work" "$@" >/dev/null
  python3 - "$work"/core* <<'P'
import struct, sys
names = []
for path in sys.argv[1:]:
    data = open(path, "rb").read()
    place, size = struct.unpack_from("<Q", data, 64 + 8)[0], 0
    while struct.unpack_from("<I", data, place + 8)[0] != 3:
        name, size = struct.unpack_from("<II", data, place)
        place += 12 + (name + 3) // 4 * 4 + (size + 3) // 4 * 4
    names.append(data[place + 20 + 40:place + 20 + 56].split(b"\0")[0].decode())
print(*sorted(names))
P
}
expect "unshare -f, core" "unshare" "$(names core "$work/root/usr/bin/unshare" -f "$work/crash")"
expect "unshare -f, core.%P" "crash unshare" "$(names core.%P "$work/root/usr/bin/unshare" -f "$work/crash")"
expect "nsenter -p, core" "nsenter" "$(names core "$work/root/usr/bin/nsenter" -t $$ -p "$work/crash")"
expect "timeout, core" "crash" "$(names core "$work/root/usr/bin/timeout" 9 "$work/crash")"
