#!/usr/bin/env bash
# Guess: a program under proot, which stands in for a container where there is no root (Termux, udocker), leaves a core that is read as
#   any other once the debugger is given the program.
# Found: proot 5.1 starts all programs by a small loader of its own, and NT_AUXV, which the kernel (6.18) takes from what it started itself,
#   is that one's: AT_ENTRY and AT_PHDR, no AT_BASE, and a file in /tmp in NT_FILE that is gone. gdb 13.1 and 18.1 and lldb 23.1, given the
#   program, show no library and name no frame. eu-stack 0.188 goes by NT_FILE and names those of libraries. The core has the program's
#   name, words and fault. proot ends with 255, not by the signal.
# Here: frames without names are no damage. `add-symbol-file FILE -o PLACE` for the program and each library, by NT_FILE, names them.
. "$(dirname "$0")/lib.sh"
deb proot=5.1.0-1.3 libtalloc2=2.4.0-f2 libarchive13=3.6.2-1+deb12u5 gdb=13.1-3 elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
py gdb-for-pwndbg==18.1.0.post1 lldb-for-pwndbg==23.1.0.post2
cat >"$work/crash.c" <<'C'
#include <stdlib.h>
__attribute__((noinline)) static void inner(int count) { if (count) abort(); }
int main(int count, char **words) { inner(count); return words[0][0]; }
C
gcc -O0 -g -o "$work/crash" "$work/crash.c"
libraries=$work/root/usr/lib/x86_64-linux-gnu
named() { { grep -owE 'raise|__GI_raise|abort|__GI_abort|inner' || true; } | sed 's/__GI_//' | sort -u | xargs; }
for how in plain proot; do
  rm -f "$work"/core*
  words=("$work/crash")
  [[ $how == plain ]] || words=(env LD_LIBRARY_PATH="$libraries" "$work/root/usr/bin/proot" env -u LD_LIBRARY_PATH "$work/crash")
  expect "$how, the parent" "$([[ $how == plain ]] && echo core dumped || echo no core)" \
    "$(under core_pattern=core core_uses_pid=0 -- dies "$work" "${words[@]}")"
  wanted=$([[ $how == plain ]] && echo "abort inner raise" || true)
  for gdb in "$work/root/usr/bin/gdb" "$work/py/bin/gdb"; do
    name=$("$gdb" -nx --version | sed -nE '1s/.* ([0-9]+[.][0-9]+).*/gdb \1/p')
    expect "$how, $name names" "$wanted" "$("$gdb" -nx -batch "$work/crash" "$work/core" -ex bt 2>/dev/null | grep '^#' | named)"
  done
  expect "$how, lldb names" "$wanted" "$("$work/py/bin/lldb" -x -b -c "$work/core" "$work/crash" -o bt 2>/dev/null | grep 'frame #' | named)"
  LD_LIBRARY_PATH=$libraries "$work/root/usr/bin/eu-stack" --core="$work/core" >"$work/frames" 2>/dev/null || true
  expect "$how, eu-stack names" "$([[ $how == plain ]] && echo abort inner raise || echo abort raise)" "$(grep '^#' "$work/frames" | named)"
done
words=()
while read -r base name; do words+=(-ex "add-symbol-file $name -o 0x$base"); done < <(LD_LIBRARY_PATH=$libraries "$work/root/usr/bin/eu-readelf" -n "$work/core" |
  sed -nE 's/^ +([0-9a-f]+)-[0-9a-f]+ 0+ [0-9]+ +(.*\/(crash|libc[.]so[.]6))$/\1 \2/p')
expect "by hand" "abort inner raise" "$("$work/root/usr/bin/gdb" -nx -batch -c "$work/core" "${words[@]}" -ex bt 2>/dev/null | grep '^#' | named)"
