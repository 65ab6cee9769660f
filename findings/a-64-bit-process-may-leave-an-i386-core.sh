#!/usr/bin/env bash
# Guess: the core of a 64-bit process is an x86-64 one, whatever code it ran when it died; a debugger that knows x86-64 reads it.
# Found: the kernel (6.18) goes by the code segment of the thread that crashed. In 32-bit code, which Wine runs in 64-bit processes,
#   it writes a 64-bit ELF file with e_machine 3 (i386), and every thread's registers as i386 has them, within NT_PRSTATUS of
#   x86-64's size: of the threads in 64-bit code the upper half of all registers, sp and pc too, is nowhere. NT_AUXV, NT_FILE and
#   memory are as in any other. gdb 13.1 shows all threads at 0, lldb 23.1 and eu-stack 0.188 refuse the file.
#   The other way round, an i386 process that dies in 64-bit code leaves a 32-bit file with e_machine 62 and NT_PRSTATUS of 296 bytes,
#   as x32's are; that one has all registers, and eu-stack reads it.
# Here: a core that everybody refuses, with no damage at all. Class and machine don't tell the layout of its notes one by one.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3 elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
py lldb-for-pwndbg==23.1.0.post2
cat >"$work/crash.c" <<'C'
#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
static void *waits(void *unused) { pause(); return unused; }
int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, waits, 0);
  sleep(1);
  char *low = mmap((void *)0x10000000, 0x10000, PROT_READ | PROT_WRITE | PROT_EXEC,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  // mov $0x2b, %eax; mov %eax, %ds; mov $0x12345678, %eax; mov %eax, 0x40
  memcpy(low, "\xb8\x2b\0\0\0\x8e\xd8\xb8\x78\x56\x34\x12\xa3\x40\0\0\0", 17);
  struct { unsigned offset; unsigned short segment; } __attribute__((packed)) there = {0x10000000, 0x23};
  __asm__ volatile("mov %0, %%rsp; ljmp *(%1)" ::"r"(low + 0x8000), "r"(&there));
}
C
gcc -o "$work/crash" "$work/crash.c" -pthread
kernel_core "$work/crash" "$work"
python3 - "$work/core" >"$work/seen" <<'P'
import struct, sys
data = open(sys.argv[1], "rb").read()
print(f"class {data[4]}, machine {struct.unpack_from('<H', data, 18)[0]}")
at, size = (struct.unpack_from("<Q", data, 64 + o)[0] for o in (8, 32))
end = at + size
while at < end:
    name, length, kind = struct.unpack_from("<3I", data, at)
    note = at + 12 + (name + 3) // 4 * 4
    at = note + (length + 3) // 4 * 4
    if kind != 1: continue
    # i386: ebx ecx edx esi edi ebp eax ds es fs gs orig_eax eip cs eflags esp ss, after the head of an x86-64 note.
    registers = struct.unpack_from("<17I", data, note + 112)
    upper = "nowhere" if data[note + 112 + 68:note + 328].count(0) == 216 - 68 else "somewhere"
    values = f"eax {registers[6]:#x}, eip {registers[12]:#x}, " if registers[13] == 0x23 else ""
    print(f"note of {length}: {values}cs {registers[13]:#x}; upper halves {upper}")
P
expect "the file's header" "class 2, machine 3" "$(sed -n 1p "$work/seen")"
expect "the thread in 32-bit code" "note of 336: eax 0x12345678, eip 0x1000000c, cs 0x23; upper halves nowhere" "$(sed -n 2p "$work/seen")"
expect "the thread in 64-bit code" "note of 336: cs 0x33; upper halves nowhere" "$(sed -n 3p "$work/seen")"
expect "files that eu-readelf lists" yes "$("$work/root/usr/bin/eu-readelf" -n "$work/core" | grep -c 'libc.so.6' | sed 's,^[1-9].*,yes,')"
expect "threads at 0 in gdb 13.1" 2 "$("$work/root/usr/bin/gdb" -nx -batch -c "$work/core" "$work/crash" -ex 'thread apply all p $pc' 2>/dev/null |
  grep -c '^\$[0-9]* = .* 0x0$')"
expect "eu-stack" "not a valid ELF file" "$("$work/root/usr/bin/eu-stack" --core "$work/core" -e "$work/crash" 2>&1 | grep -o 'not a valid ELF file')"
expect "lldb" "nknown core file format" "$("$work/py/bin/lldb" -x -b -c "$work/core" "$work/crash" 2>&1 </dev/null | grep -o 'nknown core file format')"

cat >"$work/other.S" <<'S'
.globl _start
_start:
  ljmp $0x33, $long
long:
.code64
  movabs $0x1122334455667788, %rbx
  mov %eax, 0x40
S
gcc -m32 -nostdlib -static -o "$work/other" "$work/other.S"
rm "$work/core"
kernel_core "$work/other" "$work"
python3 - "$work/core" >"$work/seen" <<'P'
import struct, sys
data = open(sys.argv[1], "rb").read()
at, = struct.unpack_from("<I", data, 52 + 4)
length, = struct.unpack_from("<I", data, at + 4)
# pr_reg stands at 72, and rbx is the sixth.
rbx, = struct.unpack_from("<Q", data, at + 12 + 8 + 72 + 5 * 8)
print(f"class {data[4]}, machine {struct.unpack_from('<H', data, 18)[0]}, note of {length}, rbx {rbx:#x}")
P
expect "an i386 process in 64-bit code" "class 1, machine 62, note of 296, rbx 0x1122334455667788" "$(<"$work/seen")"
expect "eu-stack" "long" "$("$work/root/usr/bin/eu-stack" --core "$work/core" -e "$work/other" 2>/dev/null | sed -nE 's/^#0 .* //p')"
