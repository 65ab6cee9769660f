#!/usr/bin/env bash
# Guess: a signal that the kernel sends by itself has si_code 128 (SI_KERNEL) and no sender in NT_SIGINFO: for a file above its limit
#   (SIGXFSZ), for used up time (SIGXCPU), at the end of the parent (PR_SET_PDEATHSIG).
# Found: SIGXCPU alone. SIGXFSZ has code 0 (SI_USER) and the process's own number, as if it had called kill() for itself, and the signal
#   of PR_SET_PDEATHSIG code 0 and the number of the parent, which sent nothing but ended (Linux 6.18).
# Here: "sent by kill(), pid N" in a core isn't evidence that somebody killed the process: of SIGXFSZ look at the limit of file sizes,
#   of another signal whether N was its parent.
. "$(dirname "$0")/lib.sh"
cat >"$work/crash.c" <<'C'
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
int main(int count, char **words) {
  if (words[1][0] == 'f') {
    struct rlimit limit = {8 << 20, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_DFL);
    setrlimit(RLIMIT_FSIZE, &limit);
    int file = open("large", O_RDWR | O_CREAT, 0600);
    pwrite(file, "x", 1, 8 << 20);
  }
  if (words[1][0] == 't') {
    struct rlimit limit = {1, RLIM_INFINITY};
    setrlimit(RLIMIT_CPU, &limit);
    for (;;) {}
  }
  if (words[1][0] == 'p' && fork() == 0) {
    int parent = getpid();
    if (fork() == 0) {
      prctl(PR_SET_PDEATHSIG, SIGABRT);
      FILE *out = fopen("parent", "w");
      fprintf(out, "%d", parent);
      fclose(out);
      pause();
    }
    sleep(1);
    _exit(0);
  }
  sleep(2);
}
C
gcc -w -o "$work/crash" "$work/crash.c"
sender() { # WHAT: signal, code, and who is named as the sender
  rm -f "$work/core"
  under core_pattern=core core_uses_pid=0 -- dies "$work" "$work/crash" "$1" >/dev/null
  local signal code pid self
  read -r signal code pid < <(fields "$work/core" 0x53494749 "<i4xi4xi")
  self=$(fields "$work/core" 3 "<24xi")
  case $pid in
    0) pid="nobody" ;;
    "$self") pid="itself" ;;
    "$(cat "$work/parent" 2>/dev/null)") pid="its parent" ;;
  esac
  echo "signal $signal, code $code, $pid"
}
echo "  Linux $(uname -r | cut -d. -f1-2)"
expect "file above its limit" "signal 25, code 0, itself" "$(sender file)"
expect "time used up" "signal 24, code 128, nobody" "$(sender time)"
expect "end of the parent" "signal 6, code 0, its parent" "$(sender parent)"
