#!/usr/bin/env bash
# Guess: a server that takes on a user's rights for one file, setfsuid(2) or seteuid(2), and then its own again, has the credentials
#   that it had, and leaves a core as before; what one thread does by the system call itself, as servers of files do, is that thread's.
# Found: from then on the process leaves no core at all, for any crash of any thread (Linux 6.18): whatever changes an effective or file
#   system id makes the memory "not dumpable" (fs.suid_dumpable=0), which is all threads', and nothing makes it so again but
#   prctl(PR_SET_DUMPABLE, 1) or another program.
# Here: where a daemon leaves no core though limit and folder are right, this is a cause to look for. Needs root.
. "$(dirname "$0")/lib.sh"
cat >"$work/crash.c" <<'C'
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
static void *serve(void *unused) {
  syscall(SYS_setfsuid, 1234);
  syscall(SYS_setfsuid, 0);
  return unused;
}
int main(int count, char **words) {
  pthread_t thread;
  if (strstr(words[1], "setfsuid")) setfsuid(1234), setfsuid(0);
  if (strstr(words[1], "seteuid")) seteuid(1234), seteuid(0);
  if (strstr(words[1], "thread")) pthread_create(&thread, 0, serve, 0), pthread_join(thread, 0);
  if (strstr(words[1], "prctl")) prctl(PR_SET_DUMPABLE, 1);
  if (strstr(words[1], "exec")) execl(words[0], words[0], "again", (char *)0);
  abort();
}
C
gcc -w -o "$work/crash" "$work/crash.c" -pthread
echo "  Linux $(uname -r | cut -d. -f1-2)"
expect "fs.suid_dumpable" 0 "$(</proc/sys/fs/suid_dumpable)"
for case in "none:core dumped" "setfsuid:no core" "seteuid:no core" "thread:no core" "setfsuid prctl:core dumped" "seteuid exec:core dumped"; do
  rm -f "$work"/core*
  expect "${case%:*}" "${case#*:}" "$(under core_pattern=core -- dies "$work" "$work/crash" "${case%:*}")"
done
