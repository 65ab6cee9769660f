#!/usr/bin/env bash
# Guess: a library that was loaded by dlmopen() into a namespace of its own (plug-ins, audit libraries) is named in a core as any
#   other, by all debuggers: NT_FILE and its first page are there.
# Found: lldb 19 and 23.1 go by the first list of libraries alone: the plug-in and the second libc are no modules, so that a thread
#   that is in that libc, by abort() here, has no named frame at all, main() neither. drgn 0.3.0 doesn't list them either. gdb 13.1 and 18.1 follow r_next
#   from one list to the next, and eu-stack 0.188 goes by NT_FILE: both name all.
# Here: unnamed frames in lldb are no damage there. `target modules add FILE` and `target modules load --file FILE --slide BASE`
#   bring them, for the plug-in and its libc, with BASE from NT_FILE.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3 elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
deb lldb-19=1:19.1.7-3~deb12u1 liblldb-19=1:19.1.7-3~deb12u1 libllvm19=1:19.1.7-3~deb12u1 libclang-cpp19=1:19.1.7-3~deb12u1
py gdb-for-pwndbg==18.1.0.post1 lldb-for-pwndbg==23.1.0.post2 drgn==0.3.0
cat >"$work/plug.c" <<'C'
#include <stdlib.h>
__attribute__((noinline)) void plug_inner(void) { abort(); }
void plug_entry(void) {
  plug_inner();
  __asm__ volatile("");
}
C
cat >"$work/crash.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
int main(int count, char **words) {
  void *plug = dlmopen(count > 2 ? LM_ID_BASE : LM_ID_NEWLM, words[1], RTLD_NOW);
  ((void (*)(void))dlsym(plug, "plug_entry"))();
}
C
gcc -shared -fPIC -o "$work/libplug.so" "$work/plug.c"
gcc -o "$work/crash" "$work/crash.c"
for kind in own base; do
  mkdir "$work/$kind"
  under core_pattern=core -- dies "$work/$kind" "$work/crash" "$work/libplug.so" $([[ $kind == own ]] || echo base) >/dev/null
  mv "$work/$kind"/core* "$work/$kind.core"
done
old() { PYTHONPATH= LD_LIBRARY_PATH=$work/root/usr/lib/llvm-19/lib:$work/root/usr/lib/x86_64-linux-gnu "$work/root/usr/lib/llvm-19/bin/lldb" "$@"; }
names() { grep -oE '(plug_[a-z]+|\bmain)\b' | uniq | head -n 3 | xargs; }
all="plug_inner plug_entry main"
for kind in own base; do
  core=$work/$kind.core
  [[ $kind == own ]] && by_lldb="" || by_lldb=$all
  echo "  namespace: $kind"
  for gdb in "$work/root/usr/bin/gdb" "$work/py/bin/gdb"; do
    expect "$("$gdb" -nx --version | head -n 1)" "$all" "$("$gdb" -nx -batch -c "$core" "$work/crash" -ex bt 2>/dev/null | grep '^#' | names)"
  done
  expect "eu-stack" "$all" "$("$work/root/usr/bin/eu-stack" --core "$core" -e "$work/crash" 2>/dev/null | grep '^#' | names)"
  expect "lldb 19" "$by_lldb" "$(old -x -b -c "$core" "$work/crash" -o bt 2>/dev/null </dev/null | grep 'frame #' | names)"
  expect "lldb 23.1" "$by_lldb" "$("$work/py/bin/lldb" -x -b -c "$core" "$work/crash" -o bt 2>/dev/null </dev/null | grep 'frame #' | names)"
  expect "drgn lists the plug-in" "$([[ $kind == own ]] && echo no || echo yes)" "$(python3 - "$core" 2>/dev/null <<'P'
import drgn, sys
program = drgn.Program()
program.set_core_dump(sys.argv[1])
for module, _ in program.loaded_modules(): pass
print("yes" if any("libplug" in module.name for module in program.modules()) else "no")
P
  )"
done
# By hand, with the places that NT_FILE has; the second libc is the one that was mapped later, below the first.
load=()
while read -r base file; do
  load+=(-o "target modules add $file" -o "target modules load --file $file --slide 0x$base")
done < <("$work/root/usr/bin/eu-readelf" -n "$work/own.core" | sed -nE 's/^ +([0-9a-f]+)-[0-9a-f]+ 0+ [0-9]+ +(.*(libplug\.so|libc\.so\.6))$/\1 \2/p' |
  sort | awk '!seen[$2]++')
expect "lldb 23.1 by hand" "$all" "$("$work/py/bin/lldb" -x -b -c "$work/own.core" "$work/crash" "${load[@]}" -o bt 2>/dev/null </dev/null |
  grep 'frame #' | names)"
