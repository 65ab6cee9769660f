#!/usr/bin/env bash
# Guess: the vgcore.PID that valgrind writes at a crash is read by gdb as any core is.
# Found: valgrind 3.19's has no NT_AUXV, so that gdb 13.1 and 18.1 don't know where a position-independent program lay (0x108000),
#   and name nothing, not even of libc; add-symbol-file with that place names the program alone. A program linked by -no-pie
#   is read as any other. The pid in NT_PRPSINFO is 0. eu-stack 0.188 names libc's functions in both.
# Here: frames without names in such a core are no damage. Programs are position-independent unless asked otherwise.
. "$(dirname "$0")/lib.sh"
deb valgrind=1:3.19.0-1 gdb=13.1-3
py gdb-for-pwndbg==18.1.0.post1
printf '#include <stdlib.h>\n__attribute__((noinline)) void a_function(void){abort();}\nint main(void){a_function();return 0;}\n' >"$work/crash.c"
crash() { # WORDS FOR GCC...: the core of such a program
  rm -f "$work"/vgcore.*
  gcc -fno-optimize-sibling-calls "$@" -o "$work/crash" "$work/crash.c"
  (cd "$work" && ulimit -c unlimited && VALGRIND_LIB=$work/root/usr/libexec/valgrind root/usr/bin/valgrind -q ./crash >/dev/null 2>&1) >/dev/null 2>&1 || true
  mv "$work"/vgcore.* "$work/dump"
}
look() { "$1" -nx -batch -c "$work/dump" "$work/crash" "${@:2}" -ex bt 2>/dev/null | grep '^#' | sed 's/__GI_abort/abort/' | grep -oE '\b(a_function|abort)\b' | sort -u | xargs; }
for kind in -pie -no-pie; do
  crash "$kind" $([[ $kind == -pie ]] && echo -fpie)
  for gdb in "$work/root/usr/bin/gdb" "$work/py/bin/gdb"; do
    expect "$kind, $("$gdb" -nx --version | head -n 1)" "$([[ $kind == -pie ]] || echo a_function abort)" "$(look "$gdb")"
  done
done
expect "notes of the auxiliary vector, pid" "0, 0" "$(eu-readelf -n "$work/dump" | grep -c AUXV || true), $(eu-readelf -n "$work/dump" | grep -A 3 PRPSINFO | grep -oE '[^p]pid: [0-9]+' | grep -oE '[0-9]+')"
