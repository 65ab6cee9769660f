#!/usr/bin/env bash
# Guess: gdb's `find FROM, TO, WHAT` looks at all that can be read of the range and then says where it had to stop.
# Found: it reads pieces of 16,000 bytes, and a piece that can't be read whole it doesn't look at. With a range that goes one page
#   beyond a segment, what stands within the last 16,000 bytes of that segment is not found, though x/s shows it (gdb 13.1 and
#   18.1): "Unable to access … halting search. Pattern not found." With a range that ends with the segment it is found. Of what
#   comes behind the gap nothing is looked at either. lldb 23.1 finds both.
# Here: in a core with gaps, `find` has to be given each segment by itself (`maintenance info sections`).
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3
py gdb-for-pwndbg==18.1.0.post1 lldb-for-pwndbg==23.1.0.post2
cat >"$work/crash.c" <<'C'
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
int main(void) {
  for (int i = 0; i < 2; i++) {
    char *memory = mmap((void *)(0x200000000 + i * 0x20000), 0x10000, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    memset(memory, '.', 0x10000);
    strcpy(memory + 0xfe00, "NEEDLE");
  }
  abort();
}
C
gcc -o "$work/crash" "$work/crash.c"
kernel_core "$work/crash" "$work"
for gdb in "$work/root/usr/bin/gdb" "$work/py/bin/gdb"; do
  ask() { "$gdb" -nx -batch -c "$work/core" "$work/crash" -ex "$1" 2>/dev/null | grep -E 'NEEDLE|pattern|not found' | grep -oE 'NEEDLE|1 pattern|not found'; }
  which=$("$gdb" -nx --version | head -n 1)
  expect "$which, x/s" "NEEDLE" "$(ask 'x/s 0x20000fe00')"
  expect "to the segment's end" "1 pattern" "$(ask "find 0x200000000, 0x20000ffff, 'N', 'E', 'E', 'D'")"
  expect "a page further" "not found" "$(ask "find 0x200000000, 0x200010fff, 'N', 'E', 'E', 'D'")"
done
expect "lldb 23.1, over both segments" "2" "$("$work/py/bin/lldb" -x -b -c "$work/core" "$work/crash" \
  -o 'memory find -s NEEDLE -c 9 -- 0x200000000 0x20002ffff' 2>/dev/null </dev/null | grep -c 'data found')"
