#!/usr/bin/env bash
# Guess: `set sysroot A` and `set solib-search-path B` make gdb look below B, too, for libraries that are not below A, as
#   two sysroots.
# Found: B is searched for the last part of each library's name alone (gdb 13.1 and 18.1): B/srv/lib/libx.so is not found
#   as /srv/lib/libx.so, and libx.so in B is, whatever folder the name has. gdb says "Could not load shared library symbols".
# Here: for files below several folders, gdb has to be given the folder of each library, and one folder that has another
#   library of the same last name gives the wrong one without a word.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3
py gdb-for-pwndbg==18.1.0.post1
mkdir -p "$work"/{lib,a,b/"$work"/lib}
echo 'void crash(void) { __builtin_trap(); }' >"$work/x.c"
echo 'void crash(void); int main(void) { crash(); }' >"$work/main.c"
gcc -g -shared -fPIC -o "$work/lib/libx.so" "$work/x.c"
gcc -g -o "$work/main" "$work/main.c" -L"$work/lib" -lx -Wl,-rpath,"$work/lib"
kernel_core "$work/main" "$work"
mv "$work/lib/libx.so" "$work/b/$work/lib/libx.so"
for gdb in "$work/root/usr/bin/gdb" "$work/py/bin/gdb"; do
  innermost() {
    "$gdb" -nx -batch -iex 'set debuginfod enabled off' -iex "set sysroot $work/a" -iex "set solib-search-path $1" \
      -ex 'bt 1' "$work/main" "$work/core" 2>/dev/null | grep '^#0' | tail -n 1 | grep -o 'crash\|??'
  }
  "$gdb" -nx --version | head -n 1
  expect "the folder below which the library has its path" "??" "$(innermost "$work/b")"
  expect "the folder that has it" "crash" "$(innermost "$work/b/$work/lib")"
done
