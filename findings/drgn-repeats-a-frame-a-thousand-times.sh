#!/usr/bin/env bash
# Guess: without debug information and without the files, drgn follows the frame pointers and ends where they lead nowhere, after a few
#   frames.
# Found: after abort() of glibc 2.36 it shows the crashing thread's place and then 1,023 times one address, which isn't one of code (drgn
#   0.3.0): rbp is the thread's descriptor there, which begins with its own address, and drgn takes that for the next frame pointer
#   again and again.
# Here: that many frames in drgn are no full stack, nor damage: with the files the same core gives the few that there are.
. "$(dirname "$0")/lib.sh"
py drgn==0.3.0
printf '#include <stdlib.h>\nint main(void){abort();}\n' >"$work/crash.c"
gcc -g -o "$work/crash" "$work/crash.c"
kernel_core "$work/crash" "$work"
frames() {
  python3 - "$@" 2>/dev/null <<'P'
import sys, drgn
program = drgn.Program()
program.set_core_dump(sys.argv[1])
if len(sys.argv) > 2:
    try: program.load_debug_info(sys.argv[2:], default=True)
    except drgn.MissingDebugInfoError: pass
trace = program.crashed_thread().stack_trace()
if any(frame.name == "main" for frame in trace): print("main among", "few" if len(trace) < 20 else len(trace))
else: print(len(trace), "frames,", len({frame.pc for frame in trace}), "addresses")
P
}
expect "glibc" "2.36" "$(ldd --version | head -n 1 | grep -oE '[0-9.]+$')"
expect "without files" "1024 frames, 2 addresses" "$(frames "$work/core")"
expect "with files" "main among few" "$(frames "$work/core" "$work/crash")"
