#!/usr/bin/env bash
# Guess: of memory that another process fills in on demand (userfaultfd: lazy restore by CRIU, snapshots of virtual machines), all
#   readers get what the process itself would see: the kernel's dump, gcore, /proc/PID/mem and process_vm_readv(2) ask for the page.
# Found: process_vm_readv does, and gets all. /proc/PID/mem fails with EIO, and gcore (gdb 13.1), which reads by that, loses the
#   whole mapping, the pages that are there too. The kernel's dump (6.18) has zeros, as of memory never touched, and the one who fills
#   hears of no fault.
# Here: zeros in such a core are no damage, and weren't the process's zeros. Needs CAP_SYS_PTRACE, or vm.unprivileged_userfaultfd.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3
cat >"$work/program.c" <<'C'
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
// 16 pages at 0x50000000, of which the program has read the first. Its child fills them with "L", and writes a line for each.
static char *const memory = (char *)0x50000000;
static void fill(int faults) {
  char *page = aligned_alloc(4096, 4096);
  memset(page, 'L', 4096);
  struct pollfd one = {faults, POLLIN, 0};
  struct uffd_msg message;
  while (poll(&one, 1, -1) > 0 && read(faults, &message, sizeof message) > 0) {
    if (write(2, "asked\n", 6) < 0) return;
    struct uffdio_copy copy = {message.arg.pagefault.address & ~4095ul, (unsigned long)page, 4096, 0, 0};
    ioctl(faults, UFFDIO_COPY, &copy);
  }
}
int main(int count, char **words) {
  mmap(memory, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  int faults = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
  struct uffdio_api api = {.api = UFFD_API};
  struct uffdio_register all = {.range = {(unsigned long)memory, 65536}, .mode = UFFDIO_REGISTER_MODE_MISSING};
  if (ioctl(faults, UFFDIO_API, &api) || ioctl(faults, UFFDIO_REGISTER, &all)) return 3;
  pid_t parent = getpid();
  if (!fork()) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int log = open(words[1], O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(log, 2);
    if (getppid() == parent) fill(faults);
    _exit(0);
  }
  if (memory[0] != 'L') return 4;
  if (count > 2) abort();
  puts("ready");
  fflush(stdout);
  pause();
}
C
gcc -o "$work/program" "$work/program.c"
letters() { python3 -c 'import sys; print(open(sys.argv[1], "rb").read().count(b"L" * 4096))' "$1"; }
kernel() { dies "$work" "$work/program" "$work/log" abort >/dev/null; }
under core_pattern=core -- kernel
mv "$work"/core* "$work/dump"
expect "pages in the kernel's dump, of 16" 1 "$(letters "$work/dump")"
expect "pages that were asked for" 1 "$(grep -c . "$work/log")"
: >"$work/log"
"$work/program" "$work/log" >"$work/out" &
id=$!
until [[ -s $work/out ]]; do sleep 0.1; done
"$work/root/usr/bin/gdb" -nx -batch -p "$id" -ex "gcore $work/gcore" >/dev/null 2>&1
expect "pages in gdb's gcore" 0 "$(letters "$work/gcore")"
read_by() { # HOW: how many bytes of the 64 KiB that way has
  python3 - "$id" "$1" <<'P'
import ctypes, os, sys
class Part(ctypes.Structure): _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
if sys.argv[2] == "mem":
    file = os.open(f"/proc/{sys.argv[1]}/mem", os.O_RDONLY)
    try: print("second page:", len(os.pread(file, 4096, 0x50001000)))
    except OSError as error: print("second page:", os.strerror(error.errno))
else:
    room = ctypes.create_string_buffer(65536)
    here, there = Part(ctypes.addressof(room), 65536), Part(0x50000000, 65536)
    ctypes.CDLL(None).process_vm_readv(int(sys.argv[1]), ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
    print(room.raw.count(b"L"), "bytes")
P
}
expect "/proc/PID/mem" "second page: Input/output error" "$(read_by mem)"
expect "pages that were asked for until now" 1 "$(grep -c . "$work/log")"
expect "process_vm_readv" "65536 bytes" "$(read_by readv)"
kill "$id"
