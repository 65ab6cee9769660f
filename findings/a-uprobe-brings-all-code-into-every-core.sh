#!/usr/bin/env bash
# Guess: a uprobe on a function of libc, as bpftrace, bcc's tools and perf probe set, is the kernel's affair: cores of the processes that
#   run meanwhile are as without it.
# Found: the breakpoint is a private change of one page of code, and a mapping with a private change is dumped whole: all of libc's code,
#   1.3 MiB and more, is in the core of every process that has it mapped (Linux 6.18), and the first byte of the probed function
#   reads as int3 in gdb, which takes the core's bytes before the file's. The code stays in the core of a process that has had a probe
#   which was taken away again.
# Here: cores that grew by the size of a library's code, or whose code differs from the file by one byte, come from tracing, not from
#   damage. A limit in bytes cuts such cores earlier. Needs root.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3
mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing
trace=/sys/kernel/tracing
cat >"$work/library.c" <<'C'
int probed(int number) { return number + 1; }
__asm__(".text\n.skip 1048576, 0x90\n");
C
printf '#include <stdlib.h>\n#include <unistd.h>\nint probed(int);\nint main(int count,char**words){probed(1);sleep(count>1?2:0);abort();}\n' >"$work/crash.c"
gcc -shared -fPIC -o "$work/library.so" "$work/library.c"
gcc -o "$work/crash" "$work/crash.c" "$work/library.so"
mkdir "$work/cores"
look() { # [wait]: the library's code in the core, and the probed function's first instruction
  rm -f "$work"/cores/*
  under core_pattern=core -- dies "$work/cores" "$work/crash" "$@" >/dev/null
  python3 - "$work"/cores/* <<'P'
import sys
print("%d MiB of code," % (open(sys.argv[1], "rb").read().count(b"\x90" * 4096) // 255), end=" ")
P
  "$work/root/usr/bin/gdb" -nx -batch "$work/crash" -c "$(echo "$work"/cores/*)" -ex "x/i probed" 2>/dev/null | awk -F '\t' '/probed/ { print $2 }' | tail -n 1
}
echo "  Linux $(uname -r | cut -d. -f1-2)"
expect "without" "0 MiB of code, push   %rbp" "$(look)"
place=$(nm -D "$work/library.so" | awk '$3 == "probed" { print $1 }')
event=finding$$
trap 'take >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
put() {
  echo "p:$event/probed $work/library.so:0x$place" >>"$trace/uprobe_events"
  echo 1 >"$trace/events/$event/enable"
}
take() {
  [[ -e $trace/events/$event ]] || return 0
  echo 0 >"$trace/events/$event/enable"
  echo "-:$event/probed" >>"$trace/uprobe_events"
}
put
expect "with a uprobe" "1 MiB of code, int3" "$(look)"
(sleep 1; take) &
expect "with one that was taken away before the crash" "1 MiB of code, push   %rbp" "$(look wait)"
wait
