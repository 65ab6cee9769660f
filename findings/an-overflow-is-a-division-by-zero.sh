#!/usr/bin/env bash
# Guess: SIGFPE has FPE_INTDIV (1) in NT_SIGINFO for a division by zero, and FPE_INTOVF (2) for INT_MIN / -1, whose result doesn't fit.
# Found: x86-64 has one fault for both, and the kernel (6.18) calls both FPE_INTDIV; lldb 23.1 says "integer divide by zero" of a
#   divisor that was -1.
# Here: before one looks for the zero: the instruction at pc names the divisor, and its register or variable is in the core.
. "$(dirname "$0")/lib.sh"
py lldb-for-pwndbg==23.1.0.post2
cat >"$work/crash.c" <<'C'
#include <limits.h>
volatile int least = INT_MIN;
int main(int count, char **words) {
  volatile int divisor = words[1][0] == 'z' ? 0 : -1;
  return least / divisor;
}
C
gcc -w -g -o "$work/crash" "$work/crash.c"
mkdir "$work/cores"
echo "  Linux $(uname -r | cut -d. -f1-2)"
for divisor in zero minus-one; do
  rm -f "$work"/cores/*
  under core_pattern=core -- dies "$work/cores" "$work/crash" "$divisor" >/dev/null
  expect "by $divisor, signal and code" "8 1" "$(fields "$work"/cores/* 0x53494749 "<i4xi")"
  expect "by $divisor, lldb 23.1" "integer divide by zero" \
    "$("$work/py/bin/lldb" -b -Q -o "target create $work/crash --core $(echo "$work"/cores/*)" -o "process status" 2>/dev/null |
      grep -oE "integer [a-z]+ by [a-z]+" | head -n 1)"
done
