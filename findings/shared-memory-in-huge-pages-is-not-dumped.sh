#!/usr/bin/env bash
# Guess: the default coredump_filter (0x33) has anonymous shared memory in the core, in whatever pages it is; huge pages are in, too.
# Found: private huge pages are (bit 5), shared ones are not (bit 6 is off, and bit 1 doesn't count for them), by mmap, memfd_create
#   or shmget (Linux 6.18). The same memory in small pages is all there. So a database that finds huge pages at its start has its
#   shared buffers in no core (PostgreSQL's huge_pages=try, DPDK), and in all where it finds none.
# Here: shared memory that is missing was never in the dump. coredump_filter 0x73 brings it. Needs root, for four huge pages that
#   are given back at once.
. "$(dirname "$0")/lib.sh"
cat >"$work/crash.c" <<'C'
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>
#define SIZE (2 << 20)
static void *shared(int flags, int file) { return mmap(0, SIZE, PROT_READ | PROT_WRITE, flags, file, 0); }
int main(void) {
  int file = memfd_create("memory", MFD_HUGETLB), segment = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | SHM_HUGETLB | 0600);
  if (ftruncate(file, SIZE)) return 3;
  void *memory[] = {shared(MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1), shared(MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1),
                    shared(MAP_SHARED, file), shmat(segment, 0, 0), shared(MAP_SHARED | MAP_ANONYMOUS, -1)};
  shmctl(segment, IPC_RMID, 0);
  for (int i = 0; i < 5; i++)
    if (memory[i] == MAP_FAILED) return 4;
    else memset(memory[i], 0xe0 + i, SIZE);
  abort();
}
C
gcc -o "$work/crash" "$work/crash.c"
under ../vm/nr_hugepages=4 core_pattern=core -- dies "$work" "$work/crash" >/dev/null
# has LETTER: whether the core has 2 MiB of that byte.
has() {
  python3 -c 'import sys; print("yes" if bytes([int(sys.argv[2])]) * (2 << 20) in open(sys.argv[1], "rb").read() else "no")' \
    "$work"/core* "$1"
}
expect "private huge pages" yes "$(has $((0xe0)))"
expect "shared ones by mmap" no "$(has $((0xe1)))"
expect "by memfd_create" no "$(has $((0xe2)))"
expect "by shmget" no "$(has $((0xe3)))"
expect "shared memory in small pages" yes "$(has $((0xe4)))"
