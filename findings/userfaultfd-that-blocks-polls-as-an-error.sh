#!/usr/bin/env bash
# Guess: poll() on a userfaultfd says POLLIN once a thread waits for a page, whether the descriptor was made with O_NONBLOCK or not.
# Found: without O_NONBLOCK it says POLLERR, at once and always, though a read() of the same descriptor waits for the fault and
#   gets it (Linux 6.18). Who polls with a time limit and then reads takes a fault that is there for an error.
# Here: holding a page back is what keeps a dying process's memory. Needs CAP_SYS_PTRACE.
. "$(dirname "$0")/lib.sh"
cat >"$work/poll.c" <<'C'
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
static char *page;
static void *toucher(void *unused) { *(volatile char *)page = 1; return unused; }
static void try(int flags) {
  int faults = (int)syscall(SYS_userfaultfd, flags);
  struct uffdio_api api = {.api = UFFD_API};
  ioctl(faults, UFFDIO_API, &api);
  page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct uffdio_register area = {.range = {(uintptr_t)page, 4096}, .mode = UFFDIO_REGISTER_MODE_MISSING};
  ioctl(faults, UFFDIO_REGISTER, &area);
  pthread_t thread;
  pthread_create(&thread, 0, toucher, 0);
  usleep(100000);
  struct pollfd entry = {.fd = faults, .events = POLLIN};
  poll(&entry, 1, 1000);
  struct uffd_msg message;
  int got = read(faults, &message, sizeof message) == sizeof message;
  printf("%s%s read %s\n", entry.revents & POLLIN ? "POLLIN" : "", entry.revents & POLLERR ? "POLLERR" : "", got ? "works" : "fails");
  struct uffdio_zeropage zero = {.range = {(uintptr_t)page, 4096}};
  ioctl(faults, UFFDIO_ZEROPAGE, &zero);
  pthread_join(thread, 0);
}
int main(void) {
  try(O_CLOEXEC);
  try(O_CLOEXEC | O_NONBLOCK);
}
C
cc -pthread -o "$work/poll" "$work/poll.c"
echo "  Linux $(uname -r | cut -d. -f1-2)"
expect "poll of one that blocks, and of one that doesn't, with a fault waiting" "POLLERR read works
POLLIN read works" "$("$work/poll")"
