#!/usr/bin/env bash
# Guess: the core of a program that calls abort(), by a failed assert for example, says SIGABRT, in a container as elsewhere.
# Found: where it is the first process of its pid namespace, as what a container's image starts is, it says SIGSEGV, si_code 128
#   (SI_KERNEL), address 0, and the parent hears of 11 in place of 6 (139 for 134): the kernel (6.18) ignores signals that such a process
#   sends itself, and glibc 2.36 then ends it by an instruction that isn't allowed (hlt). A handler that ends by raise(SIGSEGV) is
#   ignored as well, and the program goes on behind it. A real fault is as elsewhere, with its address.
# Here: a SIGSEGV without an address is an abort() where pc is in abort(); the pid in the core is 1. An init of three lines before
#   the program (docker run --init, tini) gives the usual core. Needs root.
. "$(dirname "$0")/lib.sh"
deb elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
cat >"$work/crash.c" <<'C'
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int count, char **words) {
  int status;
  if (!strcmp(words[2], "first") && unshare(CLONE_NEWPID)) return 1;
  if (fork() == 0) {
    if (!strcmp(words[1], "abort")) abort();
    if (!strcmp(words[1], "raise")) raise(SIGSEGV);
    if (!strcmp(words[1], "fault")) *(volatile int *)0x123450 = 1;
    _exit(7);
  }
  wait(&status);
  FILE *out = fopen("status", "w");
  fprintf(out, WIFSIGNALED(status) ? "signal %d" : "no signal, status %d", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
  fclose(out);
}
C
gcc -o "$work/crash" "$work/crash.c"
seen() { # HOW WHERE: what the parent hears, and what the core says
  rm -f "$work"/core* "$work/status"
  under core_pattern=core core_uses_pid=0 -- dies "$work" "$work/crash" "$1" "$2" >/dev/null
  local core=""
  [[ ! -s $work/core ]] || core=", $("$work/root/usr/bin/eu-readelf" -n "$work/core" |
    sed -nE 's/^ *si_signo: ([0-9]*),.*si_code: (-?[0-9]*).*/core: signal \1, code \2/p; s/^ *fault address: (.*)/address \1/p' | xargs)"
  echo "$(<"$work/status")$core"
}
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu
expect "abort()" "signal 6, core: signal 6, code -6" "$(seen abort any)"
expect "abort(), as pid 1" "signal 11, core: signal 11, code 128 address 0" "$(seen abort first)"
expect "raise(SIGSEGV)" "signal 11, core: signal 11, code -6" "$(seen raise any)"
expect "raise(SIGSEGV), as pid 1" "no signal, status 7" "$(seen raise first)"
expect "a fault, as pid 1" "signal 11, core: signal 11, code 1 address 0x123450" "$(seen fault first)"
