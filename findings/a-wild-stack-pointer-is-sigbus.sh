#!/usr/bin/env bash
# Guess: an access by a pointer that was overwritten with text is SIGSEGV, whatever register has it; SIGBUS is for files that became
#   shorter, for devices and for memory that failed.
# Found: where the register is rsp or rbp, x86-64 has another fault for an address that isn't canonical (#SS), of which the kernel (6.18)
#   makes SIGBUS, code 128 (SI_KERNEL), address 0. The same access by another register is SIGSEGV with that code and address.
# Here: a frame pointer or stack pointer that was overwritten ends as SIGBUS, which sends one looking for a file that was cut;
#   those have code 2 (BUS_ADRERR) and an address.
. "$(dirname "$0")/lib.sh"
cat >"$work/crash.c" <<'C'
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
int main(int count, char **words) {
  long wild = 0x4141414141414141;
  if (words[1][1] == 'c') __asm__ volatile("mov %0, %%rcx; mov (%%rcx), %%rax" : : "r"(wild));
  if (words[1][1] == 'b') __asm__ volatile("mov %0, %%rbp; mov (%%rbp), %%rax" : : "r"(wild));
  if (words[1][1] == 's') __asm__ volatile("mov %0, %%rsp; push %%rax" : : "r"(wild));
  int file = open("../short", O_RDWR | O_CREAT | O_TRUNC, 0600);
  return *(volatile char *)mmap((void *)0x700000000000, 4096, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0);
}
C
gcc -w -o "$work/crash" "$work/crash.c"
mkdir "$work/cores"
echo "  Linux $(uname -r | cut -d. -f1-2)"
for case in "rcx:signal 11, code 128, address 0x0" "rbp:signal 7, code 128, address 0x0" "rsp:signal 7, code 128, address 0x0" \
  "file that is too short:signal 7, code 2, address 0x700000000000"; do
  rm -f "$work"/cores/*
  under core_pattern=core -- dies "$work/cores" "$work/crash" "${case%%:*}" >/dev/null
  expect "${case%%:*}" "${case#*:}" "$(origin "$work"/cores/*)"
done
