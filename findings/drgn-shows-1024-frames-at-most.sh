#!/usr/bin/env bash
# Guess: drgn's stack_trace() has all frames of a thread, or says that it stopped, as eu-stack does at its 256.
# Found: drgn 0.3.0 gives 1,024 frames and no word of more: of a recursion of 5,000 calls neither main() nor whoever called the recursion is
#   there. eu-stack 0.188 says "shown max number of frames"; gdb 13.1 shows all.
# Here: a length of exactly 1,024 is a limit and not a stack, for a full stack most of all, whose beginning is what one looks for.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3 elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
py drgn==0.3.0
cat >"$work/crash.c" <<'C'
#include <stdlib.h>
static int deeper(int more) {
  volatile int kept = more;
  if (more) return deeper(more - 1) + kept;
  abort();
}
int main(void) { return deeper(5000); }
C
gcc -g -O0 -o "$work/crash" "$work/crash.c"
kernel_core "$work/crash" "$work"
python3 - "$work/core" "$work/crash" >"$work/out" 2>"$work/errors" <<'P'
import sys, drgn
program = drgn.Program()
program.set_core_dump(sys.argv[1])
try: program.load_debug_info([sys.argv[2]], default=True)
except drgn.MissingDebugInfoError: pass
trace = program.crashed_thread().stack_trace()
print(len(trace), trace[len(trace) - 1].name, len(str(trace).splitlines()))
P
expect "drgn 0.3.0: frames, the last one, lines of text" "1024 deeper 1024" "$(<"$work/out")"
expect "eu-stack 0.188" "shown max number of frames" \
  "$(LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu "$work/root/usr/bin/eu-stack" --core "$work/core" -e "$work/crash" 2>&1 >/dev/null |
    grep -o "shown max number of frames")"
expect "gdb 13.1, calls of the recursion" "5001" "$("$work/root/usr/bin/gdb" -nx -batch "$work/crash" -c "$work/core" -ex bt 2>/dev/null | grep -c ' deeper ')"
