#!/usr/bin/env bash
# Guess: a core has the build-ids of its libraries, so gdb leaves a library alone whose file at that path has another.
# Found: gdb 13.1 takes the file of the path, whatever its build-id, and names the frames by it, without a word. eu-stack
#   0.188 shows no name.
# Here: a core that is opened on another machine shows names that no function had; its libc is the most likely to give them.
#   The files of the core's own machine, as a sysroot, are the way out, or no file of that path.
. "$(dirname "$0")/lib.sh"
cat >"$work/x.c" <<'C'
#include <stdlib.h>
#ifdef OTHER
void unrelated(void) { abort(); }
void crash(void) {}
#else
void crash(void) { abort(); }
void unrelated(void) {}
#endif
C
echo 'void crash(void); int main(void) { crash(); }' >"$work/main.c"
gcc -shared -fPIC -o "$work/libx.so" "$work/x.c"
gcc -o "$work/main" "$work/main.c" -L"$work" -lx -Wl,-rpath,"$work"
kernel_core "$work/main" "$work"
id() { readelf -nW "$1" | sed -n 's/.*Build ID: //p'; }
before=$(id "$work/libx.so")
gcc -shared -fPIC -DOTHER -o "$work/libx.so" "$work/x.c"
expect "the library has the build-id that it had" no "$([[ $(id "$work/libx.so") == "$before" ]] && echo yes || echo no)"
in_library() { grep -m 1 'libx\.so' | grep -o 'crash\|unrelated' || echo '??'; }
expect "eu-stack names it" '??' "$(eu-stack --core "$work/core" -e "$work/main" 2>/dev/null | in_library)"
gdb --version | head -n 1
in_gdb() { gdb -nx -batch -iex 'set debuginfod enabled off' -ex bt "$work/main" "$work/core" 2>&1; }
expect "gdb names it" unrelated "$(in_gdb | grep -m 1 -o 'in crash\|in unrelated' | sed 's/in //' || echo '??')"
expect "gdb's words on the library" 0 "$(in_gdb | grep -ci 'build-id.*libx\|libx.*build-id\|mismatch' || true)"
