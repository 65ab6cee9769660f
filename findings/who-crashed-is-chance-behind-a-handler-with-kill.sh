#!/usr/bin/env bash
# Guess: a crash handler that writes its report and then sends the signal once more leaves the thread that crashed as the core's
#   first, which debuggers show; google-glog's failure handler does.
# Found: with glog 0.6.0 it is that thread in some runs and the main one, which did nothing, in others (Linux 6.18): the handler ends
#   by kill(getpid(), SIGNAL), which is for the process, and whoever takes it first is the one that died. si_code is 0 (SI_USER) with
#   the process's own number, and the address of the fault is nowhere.
# Here: where the first thread just waits, the one that crashed has "<signal handler called>" in its frames (thread apply all bt).
#   Handlers that use raise() keep the order.
. "$(dirname "$0")/lib.sh"
deb libgoogle-glog-dev=0.6.0-2 libgoogle-glog0v6=0.6.0-2 libgflags-dev=2.2.2-2 libgflags2.2=2.2.2-2 libunwind8=1.6.2-3
cat >"$work/crash.cc" <<'C'
#include <glog/logging.h>
#include <pthread.h>
#include <unistd.h>
static void *crash(void *) { usleep(50000); *(volatile int *)0x123450 = 1; return 0; }
int main(int, char **words) {
  google::InitGoogleLogging(words[0]);
  google::InstallFailureSignalHandler();
  pthread_t thread;
  pthread_create(&thread, 0, crash, 0);
  for (;;) pause();
}
C
libraries=$work/root/usr/lib/x86_64-linux-gnu
export LD_LIBRARY_PATH=$libraries
g++ -o "$work/crash" "$work/crash.cc" -I "$work/root/usr/include" -L "$libraries" -lglog -lgflags -pthread
seen=""
for _ in {1..60}; do
  rm -f "$work"/core*
  kernel_core "$work/crash" "$work"
  seen+=$(python3 - "$work/core" <<'P'
import struct, sys
data = open(sys.argv[1], "rb").read()
place = struct.unpack_from("<Q", data, 64 + 8)[0]
notes = {}
while len(notes) < 3:
    name, size, kind = struct.unpack_from("<III", data, place)
    start = place + 12 + (name + 3) // 4 * 4
    notes.setdefault(kind, start)
    place = start + (size + 3) // 4 * 4
thread, process = struct.unpack_from("<I", data, notes[1] + 32)[0], struct.unpack_from("<I", data, notes[3] + 24)[0]
print("main" if thread == process else "other", *struct.unpack_from("<iii", data, notes[0x53494749]), sep=",")
P
  )" "
  [[ $seen != *main*other* && $seen != *other*main* ]] || break
done
expect "the first thread, signal, error, code" "main,11,0,0 other,11,0,0" "$(tr ' ' '\n' <<<"$seen" | sort -u | xargs)"
