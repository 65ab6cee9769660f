#!/usr/bin/env bash
# Guess: a core's threads are those that the program started; the kernel's own workers for io_uring run no code of it, and are
#   left out.
# Found: each iou-wrk thread has an NT_PRSTATUS (Linux 6.18): pc 0, sp 0, and the other registers as its maker's were when it
#   called the kernel. gdb shows a thread at 0x0, as if it had jumped there. eu-stack 0.188 goes on from the maker's rbp and gives
#   it frames of main's callers, which it never ran.
# Here: a thread without a stack isn't one whose stack was lost: pc and sp 0 with the number of io_uring_enter in orig_rax.
. "$(dirname "$0")/lib.sh"
deb elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu
cat >"$work/program.c" <<'C'
#include <linux/io_uring.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
  struct io_uring_params about = {0};
  long ring = syscall(SYS_io_uring_setup, 1, &about);
  char *queue = mmap(0, about.sq_off.array + 4, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
  struct io_uring_sqe *entry = mmap(0, sizeof *entry, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
  static char bytes[8];
  int ends[2];
  if (ring < 0 || pipe(ends)) return 1;
  *entry = (struct io_uring_sqe){.opcode = IORING_OP_READ, .flags = IOSQE_ASYNC, .fd = ends[0], .addr = (long)bytes, .len = 8};
  *(unsigned *)(queue + about.sq_off.tail) = 1;
  syscall(SYS_io_uring_enter, ring, 1, 0, 0, 0, 0);
  sleep(1);
  abort();
}
C
gcc -o "$work/program" "$work/program.c"
kernel_core "$work/program" "$work"
expect "threads of a program that starts none" "2" "$(readelf -n "$work/core" | grep -c PRSTATUS)"
expect "pc, sp, orig_rax of the second" "0x0000000000000000 0x0000000000000000 426" "$("$work/root/usr/bin/eu-readelf" -n "$work/core" | awk '
  { for (i = 1; i < NF; i++) { if ($i == "rip:") pc = $(i + 1); if ($i == "rsp:") sp = $(i + 1); if ($i == "orig_rax:") rax = $(i + 1) } }
  END { sub(",", "", rax); print pc, sp, rax }')"
expect "its frames by eu-stack" "_start" "$("$work/root/usr/bin/eu-stack" --core "$work/core" -e "$work/program" 2>/dev/null |
  awk '/^TID/ { n++ } n == 2 && /_start$/ { print $NF }')"
