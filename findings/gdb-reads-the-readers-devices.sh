#!/usr/bin/env bash
# Guess: gdb takes memory that a core lacks from the files that NT_FILE names if they are regular files; a device that the process had
#   mapped (graphics, uio, /dev/mem) is none of the core's, and is left alone on the machine where the core is read.
# Found: gdb 13.1 and 18.1 open the node twice as they load the core, whatever it is there, and show what it gives as the process's
#   memory: where the process had mapped zeros and the reader's node of that name is another device, other bytes, which differ from one
#   run to the next. lldb 23.1 and eu-stack 0.188 don't open it.
# Here: reading a core opens devices of the machine where it is read; a folder as sysroot (set sysroot), which has none, keeps
#   gdb from it. Such memory is nowhere in the core. Needs root, for device nodes.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3 elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1 strace=6.1-0.1 libunwind8=1.6.2-3
py gdb-for-pwndbg==18.1.0.post1 lldb-for-pwndbg==23.1.0.post2
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu
cat >"$work/crash.c" <<'C'
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
int main(int count, char **words) {
  FILE *out = fopen("place", "w");
  fprintf(out, "%p\n", mmap(0, 65536, PROT_READ, MAP_PRIVATE, open(words[1], O_RDONLY), 0));
  fclose(out);
  abort();
}
C
gcc -o "$work/crash" "$work/crash.c"
mknod "$work/device" c 1 5
under core_pattern=core core_uses_pid=0 -- dies "$work" "$work/crash" "$work/device" >/dev/null
place=$(<"$work/place")
opens() { # COMMAND...: how often it opens the node
  "$work/root/usr/bin/strace" -f -e trace=open,openat -o "$work/calls" "$@" >/dev/null 2>&1 || true
  grep -c "\"$work/device\"" "$work/calls" || true
}
for gdb in "$work/root/usr/bin/gdb" "$work/py/bin/gdb"; do
  name=$("$gdb" -nx --version | sed -nE '1s/.* ([0-9]+[.][0-9]+).*/gdb \1/p')
  expect "$name opens it" 2 "$(opens "$gdb" -nx -batch -c "$work/core")"
  expect "$name with a sysroot" 0 "$(opens "$gdb" -nx -batch -ex "set sysroot $work/root" -ex "core-file $work/core")"
  shows() { "$gdb" -nx -batch -c "$work/core" -ex "x/2xg $place" 2>/dev/null | tail -n 1; }
  expect "$name shows" "zeros" "$([[ $(shows) == *:*0x0000000000000000*0x0000000000000000 ]] && echo zeros)"
  # The machine where the core is read has another device of that name: /dev/urandom.
  rm "$work/device"
  mknod "$work/device" c 1 9
  expect "$name shows of another device" "something else each time" "$([[ $(shows) != "$(shows)" ]] && echo something else each time)"
  rm "$work/device"
  mknod "$work/device" c 1 5
done
expect "lldb 23.1 opens it" 0 "$(opens "$work/py/bin/lldb" -b -c "$work/core" -o "thread backtrace all")"
expect "eu-stack 0.188 opens it" 0 "$(opens "$work/root/usr/bin/eu-stack" --core="$work/core")"
