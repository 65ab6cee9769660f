#!/usr/bin/env bash
# Guess: libunwind-coredump finds the files of a kernel's core by NT_FILE; or, given each by _UCD_add_backing_file_at_vaddr, as its header has
#   it, it names and unwinds the frames.
# Found: libunwind 1.6.2 takes no file by itself, and from where abort() stands in glibc 2.36 steps to the same address again and again. Given
#   the files, it reads each segment from the beginning of its file, whatever the offset in NT_FILE: since linkers put code in a segment of
#   its own, that is other code, and frame 0 gets another function's name, or none, with no error.
# Here: names by a handler on libunwind-coredump are no evidence of what a core lacks; gdb and eu-stack name all of it.
. "$(dirname "$0")/lib.sh"
deb libunwind-dev=1.6.2-3 libunwind8=1.6.2-3 elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
libraries=$work/root/usr/lib/x86_64-linux-gnu
cat >"$work/walk.c" <<'C'
#include <libunwind-coredump.h>
#include <stdio.h>
int main(int count, char **words) {
  unw_addr_space_t space = unw_create_addr_space(&_UCD_accessors, 0);
  struct UCD_info *core = _UCD_create(words[1]);
  unsigned long start;
  char path[4096];
  while (scanf("%lx %4095s", &start, path) == 2) _UCD_add_backing_file_at_vaddr(core, start, path);
  _UCD_select_thread(core, 0);
  unw_cursor_t cursor;
  unw_init_remote(&cursor, space, core);
  for (int i = 0; i < 100; i++) {
    char name[256];
    unw_word_t place, offset;
    unw_get_reg(&cursor, UNW_REG_IP, &place);
    int unknown = unw_get_proc_name(&cursor, name, sizeof name, &offset);
    printf("%lx %s\n", (long)place, unknown ? "none" : name);
    if (unw_step(&cursor) <= 0) break;
  }
}
C
gcc -w -I"$work/root/usr/include" -I"$work/root/usr/include/x86_64-linux-gnu" -o "$work/walk" "$work/walk.c" \
  -L"$libraries" -lunwind-coredump -lunwind-x86_64 -lunwind
cat >"$work/crash.c" <<'C'
#include <pthread.h>
#include <stdlib.h>
static void *end(void *unused) { abort(); }
int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, end, 0);
  pthread_join(thread, 0);
}
C
gcc -o "$work/crash" "$work/crash.c" -pthread
kernel_core "$work/crash" "$work"
export LD_LIBRARY_PATH=$libraries
expect "glibc" "2.36" "$(ldd --version | head -n 1 | grep -oE '[0-9.]+$')"
"$work/root/usr/bin/eu-stack" --core "$work/core" -e "$work/crash" >"$work/out" 2>/dev/null || true
expect "eu-stack 0.188: end() is there" "yes" "$(grep -q ' end$' "$work/out" && echo yes || echo no)"
"$work/walk" "$work/core" </dev/null >"$work/out"
expect "without files: frames, addresses, names" "100 2 0" "$(wc -l <"$work/out") $(cut -d' ' -f1 "$work/out" | sort -u | wc -l) $(grep -vc ' none$' "$work/out" || true)"
"$work/root/usr/bin/eu-readelf" -n "$work/core" | sed -nE 's/^ +([0-9a-f]+)-[0-9a-f]+ [0-9a-f]+ [0-9]+ +(\/.*)$/\1 \2/p' >"$work/files"
"$work/walk" "$work/core" <"$work/files" >"$work/out"
expect "with files: frame 0 is of pthread_kill" "no" "$(head -n 1 "$work/out" | grep -q pthread_kill && echo yes || echo no)"
expect "with files: frame 0" "another name" "$(head -n 1 "$work/out" | grep -q ' none$' && echo none || echo another name)"
expect "with files: end() is there" "no" "$(grep -q ' end$' "$work/out" && echo yes || echo no)"
