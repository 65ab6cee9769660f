#!/usr/bin/env bash
# Guess: pwntools' Corefile.pc, .sp, .pid and .registers are those of the thread that crashed, as gdb shows first.
# Found: they are of the last NT_PRSTATUS, which in a kernel's core is any other thread: pwntools 4.15 keeps the last one it
#   meets. .signal and .fault_addr, from NT_SIGINFO, are the crash's, so that the two don't belong together.
# Here: no order of ours mends it without hurting gdb, which takes the first.
. "$(dirname "$0")/lib.sh"
py pwntools==4.15.0
cat >"$work/crash.c" <<'C'
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
static pthread_barrier_t here;
static void *sleeper(void *unused) { pthread_barrier_wait(&here); pause(); return unused; }
int main(void) {
  pthread_t thread;
  pthread_barrier_init(&here, 0, 4);
  for (int i = 0; i < 3; i++) pthread_create(&thread, 0, sleeper, 0);
  pthread_barrier_wait(&here);
  usleep(100000);
  *(volatile int *)0x10 = 1;
}
C
gcc -o "$work/crash" "$work/crash.c" -pthread
kernel_core "$work/crash" "$work"
seen=$(python3 - "$work/core" <<'P'
import logging, struct, sys
logging.disable(50)
from pwn import Corefile
core = Corefile(sys.argv[1])
data = open(sys.argv[1], "rb").read()
# The ids of the threads in the order of their notes: pr_pid is at 32.
ids, offset = [], struct.unpack_from("<Q", data, 64 + 8)[0]
end = offset + struct.unpack_from("<Q", data, 64 + 32)[0]
while offset < end:
    name, size, kind = struct.unpack_from("<III", data, offset)
    start = offset + 12 + (name + 3) // 4 * 4
    if kind == 1: ids.append(struct.unpack_from("<I", data, start + 32)[0])
    offset = start + (size + 3) // 4 * 4
print("first" if core.pid == ids[0] else "last" if core.pid == ids[-1] else "other", "of", len(ids), "signal", core.signal,
      "fault", hex(core.fault_addr))
P
)
expect "the thread of Corefile.pid" "last of 4 signal 11 fault 0x10" "$seen"
