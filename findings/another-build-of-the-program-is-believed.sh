#!/usr/bin/env bash
# Guess: whoever gives a debugger another build of the program than the one that crashed is told so: core and file have build-ids,
#   and gdb has a warning for it ("core file may not match specified executable file").
# Found: gdb 13.1 and 18.1 say nothing where the name is the same, and name the frames by the wrong build. So does eu-stack 0.188 by
#   -e, and lldb 23.1, where nothing has the crashed program's path any more. With the right program at that path, lldb takes it in
#   place of the one it was given, and eu-stack too; gdb keeps the wrong one.
# Here: the first thing to compare is the build-id of the program in the core. Wrong names look like any others.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3 elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
py gdb-for-pwndbg==18.1.0.post1 lldb-for-pwndbg==23.1.0.post2
for name in crashed never_called; do
  mkdir "$work/$name"
  printf '#include <stdlib.h>\nvoid %s(void){__asm__("");abort();}\nint main(void){%s();return 0;}\n' $name $name >"$work/x.c"
  gcc -O1 -fno-inline -fno-optimize-sibling-calls -Wl,--build-id -o "$work/$name/program" "$work/x.c"
done
kernel_core "$work/crashed/program" "$work"
names() { grep -oE '\b(crashed|never_called)\b( \(|$| \+)|may not match' | sed 's/ [(+]//' | sort -u | xargs; }
look() { # TOOL: the names it shows, given the wrong build
  case $1 in
    eu-stack) LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu "$work/root/usr/bin/eu-stack" --core "$work/core" -e "$work/never_called/program" ;;
    lldb) "$work/py/bin/lldb" -x -b -c "$work/core" "$work/never_called/program" -o bt </dev/null ;;
    *) "$1" -nx -batch -c "$work/core" "$work/never_called/program" -ex bt ;;
  esac 2>&1 | grep -E '^ *\*?[ ]*(frame )?#|may not match' | names
}
for there in "at its path" "moved"; do
  [[ $there == moved ]] && mv "$work/crashed" "$work/elsewhere"
  for tool in "$work/root/usr/bin/gdb" "$work/py/bin/gdb" lldb eu-stack; do
    [[ $tool != /* && $there != moved ]] && wanted=crashed || wanted=never_called
    [[ $tool == /* ]] && which=$("$tool" -nx --version | head -n 1) || which=$tool
    expect "$which, the right one $there" "$wanted" "$(look "$tool")"
  done
done
