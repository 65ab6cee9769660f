#!/usr/bin/env bash
# Guess: all tasks that share the memory of a crashing process (clone with CLONE_VM, vfork) are stopped, killed and written
#   into the core, as older kernels did ("zap_threads").
# Found: Linux 6.18 takes the thread group alone. A parent in vfork lives on, and so do siblings by CLONE_VM; the core has one
#   NT_PRSTATUS, and the memory in it was changed by others while it was written.
# Here: "every thread" is every thread of the group; what shares memory without being in it has no registers in any core.
. "$(dirname "$0")/lib.sh"
cat >"$work/crash.c" <<'C'
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static char stacks[2][65536];
static int waits(void *unused) { pause(); return unused != 0; }
static int crashes(void *unused) { usleep(100000); abort(); return unused != 0; }
int main(void) {
  pid_t waiting = clone(waits, stacks[0] + 65536, CLONE_VM | SIGCHLD, 0);
  pid_t crashing = clone(crashes, stacks[1] + 65536, CLONE_VM | SIGCHLD, 0);
  int status;
  waitpid(crashing, &status, 0);
  usleep(100000);
  FILE *out = fopen("seen", "w");
  fprintf(out, "core %d, parent lives, sibling %s\n", !!WCOREDUMP(status), waitpid(waiting, &status, WNOHANG) ? "gone" : "lives");
  fclose(out);
  kill(waiting, SIGKILL);
}
C
gcc -o "$work/crash" "$work/crash.c"
kernel_core "$work/crash" "$work"
echo "  Linux $(uname -r | cut -d. -f1-2)"
expect "after the crash" "core 1, parent lives, sibling lives" "$(cat "$work/seen")"
expect "threads in the core" 1 "$(eu-readelf -n "$work/core" | grep -c PRSTATUS)"
