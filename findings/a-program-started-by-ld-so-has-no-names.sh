#!/usr/bin/env bash
# Guess: a program that was started as `ld-linux-x86-64.so.2 PROGRAM`, as wrappers of portable packages and of other glibcs do,
#   leaves a core that debuggers read as any other if they are given PROGRAM.
# Found: gdb 13.1 and 18.1, given PROGRAM, show no library and no name, for AT_ENTRY and AT_PHDR are the dynamic linker's; 13.1 says
#   that the core "may not match". Given the dynamic linker instead, they name the libraries' functions, and PROGRAM's not.
#   eu-stack 0.188, which goes by NT_FILE, names all. The command in the note (pr_fname) is "ld-linux-x86-64".
# Here: frames without names are no damage in such a core; eu-stack, or gdb with the dynamic linker and add-symbol-file, has them.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3 elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
py gdb-for-pwndbg==18.1.0.post1
printf '#include <stdlib.h>\n__attribute__((noinline))void a_function(void){abort();}\nint main(void){a_function();return 0;}\n' >"$work/program.c"
gcc -fno-optimize-sibling-calls -o "$work/program" "$work/program.c"
linker=/lib64/ld-linux-x86-64.so.2
under core_pattern=core -- dies "$work" "$linker" "$work/program" >/dev/null
mv "$work"/core* "$work/dump"
names() { grep -oE '\b(a_function|abort)\b' | sort -u | xargs; }
for gdb in "$work/root/usr/bin/gdb" "$work/py/bin/gdb"; do
  which=$("$gdb" -nx --version | head -n 1)
  expect "$which, the program" "" "$("$gdb" -nx -batch -c "$work/dump" "$work/program" -ex bt 2>/dev/null | names)"
  expect "$which, the dynamic linker" "abort" \
    "$("$gdb" -nx -batch -c "$work/dump" "$linker" -ex bt 2>/dev/null | sed 's/__GI_abort/abort/' | names)"
done
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu
expect "eu-stack 0.188" "a_function abort" "$("$work/root/usr/bin/eu-stack" --core "$work/dump" -e "$work/program" 2>/dev/null | names)"
