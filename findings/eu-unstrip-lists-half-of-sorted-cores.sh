#!/usr/bin/env bash
# Guess: `eu-unstrip -n --core`, which lists the modules of a core with their build-ids, lists the same ones whatever order the
#   kernel wrote the memory in, for addresses are addresses.
# Found: with kernel.core_sort_vma=1 elfutils 0.188 lists the dynamic linker and one of libc and the vdso, and never the program
#   (Linux 6.18): it wants segments in the order of their addresses. eu-stack, gdb 13.1 and lldb show the same frames as before.
# Here: a build-id that this list lacks may be in the core; that setting is worth having all the same, for what it saves from a cut.
#   Needs root.
. "$(dirname "$0")/lib.sh"
deb elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
printf '#include <stdlib.h>\nint main(void){abort();}\n' >"$work/crash.c"
gcc -o "$work/crash" "$work/crash.c"
modules() { # SORTED: what is listed of a program, its vdso, its libc and its dynamic linker
  rm -f "$work"/core*
  under core_pattern=core core_sort_vma="$1" -- dies "$work" "$work/crash" >/dev/null
  LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu "$work/root/usr/bin/eu-unstrip" -n --core "$work"/core* 2>/dev/null |
    grep -oE '(crash|vdso|libc|ld-linux[^.]*)[^ /]*$' | sed 's/[.].*//' | sort -u | xargs
}
expect "by address" "crash ld-linux-x86-64 libc vdso" "$(modules 0)"
found=$(modules 1)
expect "by size" "2 modules" "$(wc -w <<<"$found") modules"
expect "the program" "no" "$([[ $found == *crash* ]] && echo yes || echo no)"
