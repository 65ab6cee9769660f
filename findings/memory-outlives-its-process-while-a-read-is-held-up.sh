#!/usr/bin/env bash
# Guess: once a process is killed and reaped its memory is freed; an open /proc/PID/mem then gives an error (ESRCH or EIO).
# Found: it gives 0, as at the end of a file, and no error. And while one other read of it is held up (here: its target page is
#   kept back by a userfaultfd of the reader's own), all of the memory stays, and stays readable, although the process has been
#   reaped and its number is free. It is freed as soon as that read ends (Linux 6.18).
# Here: that is how a core becomes complete although its process was killed. Needs CAP_SYS_PTRACE.
. "$(dirname "$0")/lib.sh"
cat >"$work/hold.c" <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static char *marked, *target;
static int memory;
static void *reader(void *unused) { (void)!pread(memory, target, 4096, (off_t)(uintptr_t)marked); return unused; }
static void look(const char *when) {
  char bytes[8] = "";
  ssize_t count = pread(memory, bytes, 7, (off_t)(uintptr_t)marked);
  printf("%s: %zd %s\n", when, count, count < 0 ? strerror(errno) : bytes);
}
static void try(int holds) {
  pid_t child = fork();
  if (child == 0) {
    strcpy(marked, "a mark");
    for (;;) pause();
  }
  usleep(100000);
  char name[64];
  snprintf(name, sizeof name, "/proc/%d/mem", child);
  memory = open(name, O_RDONLY);
  int faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
  struct uffdio_api api = {.api = UFFD_API};
  ioctl(faults, UFFDIO_API, &api);
  target = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct uffdio_register area = {.range = {(uintptr_t)target, 4096}, .mode = UFFDIO_REGISTER_MODE_MISSING};
  ioctl(faults, UFFDIO_REGISTER, &area);
  pthread_t thread;
  struct uffd_msg message;
  if (holds) {
    pthread_create(&thread, 0, reader, 0);
    (void)!read(faults, &message, sizeof message);
  }
  kill(child, SIGKILL);
  waitpid(child, 0, 0);
  usleep(100000);
  look(holds ? "reaped, a read held up" : "reaped");
  if (holds) {
    struct uffdio_zeropage zero = {.range = {(uintptr_t)target, 4096}};
    ioctl(faults, UFFDIO_ZEROPAGE, &zero);
    pthread_join(thread, 0);
    usleep(100000);
    look("that read ended");
  }
}
int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  marked = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  try(0);
  try(1);
}
C
cc -pthread -o "$work/hold" "$work/hold.c"
echo "  Linux $(uname -r | cut -d. -f1-2)"
expect "what a read of its memory gives" "reaped: 0 
reaped, a read held up: 7 a mark
that read ended: 0 " "$("$work/hold")"
