#!/usr/bin/env bash
# Guess: pr_sigpend in NT_PRSTATUS has the signals that were sent to the process and not yet taken: a SIGTERM that it had blocked
#   when it crashed is there.
# Found: it has those that were sent to that one thread (pthread_kill, tgkill). What was sent to the process, as kill(1), systemd
#   and a container's runtime do, is in no note (Linux 6.18); sighold says that SIGTERM was blocked, and no more.
# Here: "was it told to stop before it crashed?" has no answer in a core: an empty sigpend isn't a no.
. "$(dirname "$0")/lib.sh"
deb elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
cat >"$work/crash.c" <<'C'
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
int main(void) {
  sigset_t some;
  sigemptyset(&some);
  sigaddset(&some, SIGTERM), sigaddset(&some, SIGUSR1);
  sigprocmask(SIG_BLOCK, &some, 0);
  kill(getpid(), SIGTERM);
  pthread_kill(pthread_self(), SIGUSR1);
  abort();
}
C
gcc -o "$work/crash" "$work/crash.c" -pthread
kernel_core "$work/crash" "$work"
said() { "$work/root/usr/bin/eu-readelf" -n "$work/core" | sed -nE "s/^ +$1: (<.*>)\$/\1/p" | head -n 1; }
expect "blocked (SIGUSR1 is 10, SIGTERM is 15)" "<10,15>" "$(said sighold)"
expect "pending" "<10>" "$(said sigpend)"
