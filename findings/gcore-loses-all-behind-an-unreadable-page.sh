#!/usr/bin/env bash
# Guess: where gcore can't read a page of the process, that page is zeros in the core and all the others are there; the kernel's
#   dump is the same.
# Found: gdb 13.1 copies a mapping by the MiB and gives it up with the first that it can't read whole: all the rest of the mapping,
#   readable or not, is zeros under a p_filesz that promises it. It warns ("Memory read failed for corefile section") and ends
#   with 0. Guard pages by madvise (MADV_GUARD_INSTALL, Linux 6.13) can't be read, and glibc 2.42 has one at the bottom of every
#   thread's stack, neighbours in one mapping: no thread has a frame behind its first. gdb 18.1 and the kernel have all.
# Here: nothing of such a core's headers says that those zeros are none. gcore of an older gdb, from outside of a newer container,
#   is where it happens. Laid out here as glibc 2.42 does, for older ones have other guards. Needs Linux 6.13.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3
py gdb-for-pwndbg==18.1.0.post1
cat >"$work/program.c" <<'C'
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
enum { threads = 4, size = 1 << 20 };
__attribute__((noinline)) static void *thread_function(void *unused) {
  pause();
  return unused;
}
int main(int count, char **words) {
  char *stacks = mmap(0, threads * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  for (int i = 0; i < threads; i++) {
    pthread_attr_t about;
    pthread_t thread;
    char *stack = stacks + i * size;
    if (madvise(stack, 4096, 102 /* MADV_GUARD_INSTALL */)) return 1;
    pthread_attr_init(&about);
    pthread_attr_setstack(&about, stack + 4096, size - 4096);
    pthread_create(&thread, &about, thread_function, 0);
  }
  sleep(1);
  if (count > 1) abort();
  puts("ready");
  fflush(stdout);
  pause();
}
C
gcc -o "$work/program" "$work/program.c" -pthread
frames() { # CORE: of the threads' function, by the newer gdb
  "$work/py/bin/gdb" -nx -batch -c "$1" "$work/program" -ex 'thread apply all bt' 2>/dev/null | grep -c ' thread_function ' || true
}
for gdb in "$work/root/usr/bin/gdb" "$work/py/bin/gdb"; do
  "$work/program" >"$work/out" &
  id=$!
  until [[ -s $work/out ]]; do sleep 0.1; done
  status=0
  "$gdb" -nx -batch -p "$id" -ex "gcore $work/gcore" >/dev/null 2>&1 || status=$?
  kill "$id"
  [[ $gdb == "$work/root/usr/bin/gdb" ]] && wanted="status 0, frames of 4 threads: 0" || wanted="status 0, frames of 4 threads: 4"
  expect "gcore, $("$gdb" -nx --version | head -n 1)" "$wanted" "status $status, frames of 4 threads: $(frames "$work/gcore")"
  rm -f "$work/gcore" "$work/out"
done
under core_pattern=core -- dies "$work" "$work/program" abort >/dev/null
mv "$work"/core* "$work/kernel"
expect "the kernel" "frames of 4 threads: 4" "frames of 4 threads: $(frames "$work/kernel")"
