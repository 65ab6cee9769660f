#!/usr/bin/env bash
# Guess: pr_utime and pr_stime in NT_PRSTATUS are the time that this thread has run, so that the thread that was busy can be told.
# Found: the main thread's are those of the whole process; only the others' are their own (Linux 6.18). A main thread that has slept
#   all the time shows as the busiest one.
# Here: a busy main thread in a core isn't one that looped, unless the others' times together are less than its own.
. "$(dirname "$0")/lib.sh"
cat >"$work/crash.c" <<'C'
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
static void *loop(void *unused) { for (;;) __asm__ volatile(""); return unused; }
int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, loop, 0);
  sleep(3);
  abort();
}
C
gcc -o "$work/crash" "$work/crash.c" -pthread
kernel_core "$work/crash" "$work"
expect "the thread that slept has as much as the one that looped" "yes" "$(eu-readelf -n "$work/core" |
  awk '/ utime:/ { gsub(",", ""); time[n++] = $2 } END { print (n == 2 && time[1] > 0.2 && time[0] >= time[1]) ? "yes" : "no" }')"
