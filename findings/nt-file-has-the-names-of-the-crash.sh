#!/usr/bin/env bash
# Guess: NT_FILE names each file as it was called when it was mapped, as the program's own list of libraries (link_map) does, so
#   that the two agree.
# Found: NT_FILE has the names that the files have when the process dies (Linux 6.18). Where a release was put in place by renaming
#   folders ("current" to "previous", the new one to "current"), it names previous/libx.so and link_map current/libx.so. gdb
#   13.1 goes by link_map and names frames by the new build, without a word; eu-stack goes by NT_FILE and is right.
# Here: NT_FILE's path is the better one to look for a file; one that link_map alone has may be another build.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3 elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
mkdir "$work/current" "$work/next"
printf '#include <stdlib.h>\nvoid go(void){__asm__("");abort();}\n' >"$work/old.c"
printf '#include <stdlib.h>\nvoid never_called(void){__asm__("");abort();}\nvoid go(void){abort();}\n' >"$work/new.c"
gcc -shared -fPIC -O1 -fno-optimize-sibling-calls -o "$work/current/libx.so" "$work/old.c"
gcc -shared -fPIC -O1 -fno-optimize-sibling-calls -o "$work/next/libx.so" "$work/new.c"
cat >"$work/program.c" <<C
#include <dlfcn.h>
#include <stdio.h>
int main(void) {
  void *library = dlopen("$work/current/libx.so", RTLD_NOW);
  rename("$work/current", "$work/previous");
  rename("$work/next", "$work/current");
  ((void (*)(void))dlsym(library, "go"))();
}
C
gcc -o "$work/program" "$work/program.c"
kernel_core "$work/program" "$work"
expect "NT_FILE's folder" "previous" "$(eu-readelf -n "$work/core" | grep -oE '[a-z]+/libx.so' | sort -u | cut -d / -f 1)"
expect "gdb's" "current" "$("$work/root/usr/bin/gdb" -nx -batch -c "$work/core" "$work/program" -ex 'info sharedlibrary' 2>/dev/null |
  grep -oE '[a-z]+/libx.so' | cut -d / -f 1)"
expect "the frame above main, gdb 13.1" "never_called" "$("$work/root/usr/bin/gdb" -nx -batch -c "$work/core" "$work/program" -ex bt 2>/dev/null |
  grep -B 1 ' in main ' | grep -oE 'never_called|go|\?\?' | head -n 1)"
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu
expect "eu-stack 0.188" "go" "$("$work/root/usr/bin/eu-stack" --core "$work/core" -e "$work/program" 2>/dev/null |
  grep -B 1 ' main' | awk 'NR == 1 { print $NF }')"
