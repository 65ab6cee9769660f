#!/usr/bin/env bash
# Guess: pr_sname in NT_PRPSINFO, which readers print as the process's state, is what ps showed: "S" where the main thread waited (poll,
#   join, a condition) while another one crashed.
# Found: it is "D", uninterruptible, which ps calls disk sleep (Linux 6.18): the kernel asks when the main thread has been stopped for the
#   dump, and stopping it is such a sleep. Where the main thread itself crashed it is "R".
# Here: "state D" is no sign of a disk or a network file system that hung; it says no more than that another thread crashed.
. "$(dirname "$0")/lib.sh"
cat >"$work/crash.c" <<'C'
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
static void *end(void *unused) { sleep(1); abort(); }
int main(int count, char **words) {
  pthread_t thread;
  if (words[1][0] == 'm') abort();
  pthread_create(&thread, 0, end, 0);
  pause();
}
C
gcc -w -o "$work/crash" "$work/crash.c" -pthread
mkdir "$work/cores"
echo "  Linux $(uname -r | cut -d. -f1-2)"
for case in main:R other:D; do
  rm -f "$work"/cores/*
  under core_pattern=core -- dies "$work/cores" "$work/crash" "${case%:*}" >/dev/null
  expect "state where the thread that crashes is the ${case%:*} one" "${case#*:}" "$(fields "$work"/cores/* 3 "<xc")"
done
