#!/usr/bin/env bash
# Guess: a filter of seccomp whose action is to kill (SECCOMP_RET_KILL, libseccomp's SCMP_ACT_KILL) ends the process with SIGSYS and a core
#   that has the forbidden call.
# Found: that is so in a process of one thread. Where there are others, the thread alone is gone, without a word: the process runs on, with
#   whatever locks the thread held, and a core that it leaves later has no trace of it (Linux 6.18). SECCOMP_RET_KILL_PROCESS
#   (SCMP_ACT_KILL_PROCESS) always ends it with a core.
# Here: a thread that is missing in a core, with others that wait for a lock of nobody, is not a cut.
. "$(dirname "$0")/lib.sh"
cat >"$work/crash.c" <<'C'
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
static unsigned action;
static void *forbidden(void *unused) {
  struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, action),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {4, filter};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
  syscall(SYS_getppid);
  return unused;
}
int main(int count, char **words) {
  pthread_t thread;
  action = words[2][0] == 'p' ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_KILL;
  if (words[1][0] == '1') forbidden(0);
  pthread_create(&thread, 0, forbidden, 0);
  sleep(1);
  abort();
}
C
gcc -w -o "$work/crash" "$work/crash.c" -pthread
mkdir "$work/cores"
echo "  Linux $(uname -r | cut -d. -f1-2)"
ends() {
  rm -f "$work"/cores/*
  under core_pattern=core -- dies "$work/cores" "$work/crash" "$@" >/dev/null
  echo "signal $(fields "$work"/cores/* 0x53494749 "<i"), $(readelf -n "$work"/cores/* | grep -c NT_PRSTATUS) of $1 threads"
}
expect "one thread, KILL" "signal 31, 1 of 1 threads" "$(ends 1 thread)"
expect "two threads, KILL" "signal 6, 1 of 2 threads" "$(ends 2 thread)"
expect "two threads, KILL_PROCESS" "signal 31, 2 of 2 threads" "$(ends 2 process)"
