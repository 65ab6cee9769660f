#!/usr/bin/env bash
# Guess: Python's faulthandler, which pytest turns on for every run, prints its lines and leaves the crash to the system: the core is
#   as it would be without it.
# Found: CPython 3.11.2 ends its handler by raise(): NT_SIGINFO has si_code -6 (SI_TKILL), and in place of the fault's address the
#   process's own number and user; frame 0 is in libc's pthread_kill. The thread is the right one, and the fault is the
#   frame behind "<signal handler called>".
# Here: a SIGSEGV that a program of Python sent itself is no sign of a kill from outside. The address is in none of the notes;
#   the registers of the frame behind the handler tell it.
. "$(dirname "$0")/lib.sh"
newest() { echo "$1=$(apt-cache madison "$1" | awk -v start="$2" '!found && index($3, start) == 1 { print $3; found = 1 }')"; }
deb "$(newest python3.11-minimal 3.11.2-6)" "$(newest libpython3.11-minimal 3.11.2-6)" "$(newest libpython3.11-stdlib 3.11.2-6)" gdb=13.1-3
cat >"$work/crash.py" <<'P'
import ctypes, threading, time
def crash():
    time.sleep(0.1)
    ctypes.string_at(0x123450)
threading.Thread(target=crash).start()
time.sleep(30)
P
python=$work/root/usr/bin/python3.11
seen() { # OPTION...
  rm -f "$work"/core*
  under core_pattern=core core_uses_pid=0 -- dies "$work" env -u PYTHONPATH PYTHONHOME="$work/root/usr" "$python" "$@" "$work/crash.py" >/dev/null
  "$work/root/usr/bin/gdb" -nx -batch "$python" "$work/core" -ex bt >"$work/frames" 2>/dev/null
  python3 - "$work/core" <<'P'
import struct, sys
data = open(sys.argv[1], "rb").read()
at = data.index(struct.pack("<III5s", 5, 128, 0x53494749, b"CORE\0")) + 20
signal, _, code = struct.unpack_from("<iii", data, at)
address = struct.unpack_from("<Q", data, at + 16)[0]
owner = struct.unpack_from("<I", data, data.index(struct.pack("<III5s", 5, 136, 3, b"CORE\0")) + 20 + 24)[0]
print(f"signal {signal}, code {code},", "the address" if address == 0x123450 else "the process" if address & 0xffffffff == owner else "neither")
P
}
expect "without it" "signal 11, code 1, the address" "$(seen)"
expect "frame 0" "strlen" "$(grep -a '^#0' "$work/frames" | grep -ao -m 1 strlen | sort -u)"
expect "with it" "signal 11, code -6, the process" "$(seen -X faulthandler)"
expect "frame 0" "pthread_kill" "$(grep -a '^#0' "$work/frames" | grep -ao pthread_kill | sort -u)"
expect "frames of a handler" 1 "$(grep -ac '<signal handler called>' "$work/frames")"
