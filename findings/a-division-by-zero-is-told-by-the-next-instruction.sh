#!/usr/bin/env bash
# Guess: with floating-point exceptions on (feenableexcept, gfortran's -ffpe-trap=zero), pc and si_addr of SIGFPE are those of the division,
#   as for integers.
# Found: so it is of double and float, which SSE divides. Of long double, and of all floating point in 32-bit programs, x87 keeps the exception
#   until its next instruction: pc, si_addr and the line are those of whatever that is, which may be in another function (Linux 6.18).
# Here: a frame that has no division is no damage and no wrong unwinding; the place is in NT_FPREGSET, whose "rip" is the address of
#   the instruction that failed.
. "$(dirname "$0")/lib.sh"
cat >"$work/crash.c" <<'C'
#define _GNU_SOURCE
#include <fenv.h>
static double one = 1, zero, small;
static long double lone = 1, lzero, large;
int main(int count, char **words) {
  feenableexcept(FE_DIVBYZERO);
  if (words[1][0] == 'd')
    __asm__ volatile("movsd %1, %%xmm0; .globl sse; sse: divsd %2, %%xmm0; movsd %%xmm0, %0" : "=m"(small) : "m"(one), "m"(zero) : "xmm0");
  else
    __asm__ volatile("fldt %1; fldt %2; .globl x87; x87: fdivrp; nop; nop; .globl next; next: fstpt %0" : "=m"(large) : "m"(lone), "m"(lzero));
}
C
gcc -w -fno-pie -no-pie -o "$work/crash" "$work/crash.c" -lm
mkdir "$work/cores"
place() { printf '0x%x' "0x$(nm "$work/crash" | awk -v name="$1" '$3 == name { print $1 }')"; }
run() {
  rm -f "$work"/cores/*
  under core_pattern=core -- dies "$work/cores" "$work/crash" "$1" >/dev/null
  origin "$work"/cores/*
}
echo "  Linux $(uname -r | cut -d. -f1-2)"
expect "double" "signal 8, code 3, address $(place sse)" "$(run double)"
expect "long double, the next instruction" "signal 8, code 3, address $(place next)" "$(run long)"
expect "pc of the core" "$(place next)" "$(printf '0x%x' "$(fields "$work"/cores/* 1 "<240xQ")")"
expect "rip in NT_FPREGSET" "$(place x87)" "$(printf '0x%x' "$(fields "$work"/cores/* 2 "<8xQ")")"
