#!/usr/bin/env bash
# Guess: gcore of a living process, and a look by eu-stack -p or strace -p, hold it up for a moment and change nothing else: calls that wait
#   go on waiting, as no handler of a signal runs.
# Found: epoll_wait, semop, sigwaitinfo, sigtimedwait and recv of a socket with a time limit (SO_RCVTIMEO) return at once with EINTR, by gdb
#   13.1's gcore, eu-stack 0.188 and strace 6.1 alike (Linux 6.18). poll, select, read, accept, nanosleep, msgrcv and futexes go on.
#   A program without signal handlers has no reason to look for EINTR, and some end by it.
# Here: a service that ends with "Interrupted system call" just as it was dumped ended by the dump, not by what was looked for.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3 elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1 strace=6.1-0.1 libunwind8=1.6.2-3
cat >"$work/program.c" <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static int pipes[2], sockets[2], listener, epoll, semaphore, queue, zero;
static sigset_t set;
static struct timespec minute = {60, 0};
static char letters[64];
#define WAITS(NAME, CALL) \
  static void *NAME(void *unused) { if ((CALL) < 0) printf("%s %s\n", #NAME, strerrorname_np(errno)); fflush(stdout); return unused; }
WAITS(epoll_wait_, epoll_wait(epoll, &(struct epoll_event){0}, 1, 60000))
WAITS(semop_, semop(semaphore, &(struct sembuf){0, -1, 0}, 1))
WAITS(sigwaitinfo_, sigwaitinfo(&set, 0))
WAITS(sigtimedwait_, sigtimedwait(&set, 0, &minute))
WAITS(recv_with_limit, recv(sockets[0], letters, 1, 0))
WAITS(poll_, poll(&(struct pollfd){pipes[0], POLLIN}, 1, 60000))
WAITS(select_, ({ fd_set one; FD_ZERO(&one); FD_SET(pipes[0], &one); select(pipes[0] + 1, &one, 0, 0, &(struct timeval){60, 0}); }))
WAITS(read_, read(pipes[0], letters, 1))
WAITS(accept_, accept(listener, 0, 0))
WAITS(nanosleep_, nanosleep(&minute, 0))
WAITS(msgrcv_, msgrcv(queue, letters, 8, 0, 0))
WAITS(futex_, syscall(SYS_futex, &zero, FUTEX_WAIT, 0, &minute))
int main(void) {
  void *(*waits[])(void *) = {epoll_wait_, semop_, sigwaitinfo_, sigtimedwait_, recv_with_limit, poll_,
                              select_, read_, accept_, nanosleep_, msgrcv_, futex_};
  sigemptyset(&set), sigaddset(&set, SIGUSR1), sigprocmask(SIG_BLOCK, &set, 0);
  if (pipe(pipes) || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets)) return 1;
  setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){60, 0}, sizeof(struct timeval));
  listener = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0);
  semaphore = semget(IPC_PRIVATE, 1, 0600), queue = msgget(IPC_PRIVATE, 0600);
  if (listen(listener, 1) || epoll < 0 || semaphore < 0 || queue < 0) return 1;
  for (int i = 0; i < sizeof waits / sizeof *waits; i++) pthread_create(&(pthread_t){0}, 0, waits[i], 0);
  sleep(1);
  puts("ready");
  fflush(stdout);
  read(pipes[0], letters, 1);
}
C
gcc -w -o "$work/program" "$work/program.c" -pthread
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu
ended() { # COMMAND...: the calls that return while it looks at the process, whose number is added to its words
  : >"$work/out"
  # In a namespace for semaphores and queues, which are gone with it.
  LD_LIBRARY_PATH='' unshare -i "$work/program" >"$work/out" &
  local id=$!
  until grep -q ready "$work/out"; do sleep 0.1; done
  "$@" "$id" >/dev/null 2>&1 || true
  sleep 0.5
  kill "$id"
  wait "$id" 2>/dev/null || true
  grep -v ready "$work/out" | sort | xargs
}
wanted="epoll_wait_ EINTR recv_with_limit EINTR semop_ EINTR sigtimedwait_ EINTR sigwaitinfo_ EINTR"
expect "nobody" "" "$(ended true)"
expect "gcore" "$wanted" "$(ended "$work/root/usr/bin/gcore" -o "$work/core")"
expect "eu-stack -p" "$wanted" "$(ended "$work/root/usr/bin/eu-stack" -p)"
expect "strace -p" "$wanted" "$(ended timeout 1 "$work/root/usr/bin/strace" -f -o "$work/calls" -p)"
