#!/usr/bin/env bash
# Guess: int3, which __debugbreak(), std::breakpoint() and the assertions of many engines and runtimes compile to, is SIGTRAP with
#   TRAP_BRKPT and the instruction's address in NT_SIGINFO, as ud2 (__builtin_trap) is SIGILL with its address.
# Found: on x86-64 it has code 128 (SI_KERNEL) and address 0 (Linux 6.18), and pc is one byte behind it. ud2 has code 2 and its address.
# Here: a SIGTRAP "by the kernel" without an address is an assertion and not a debugger's leftover; the frame is right, and the
#   instruction is the byte before pc.
. "$(dirname "$0")/lib.sh"
cat >"$work/crash.c" <<'C'
int main(int count, char **words) {
  if (words[1][0] == 'i') __asm__ volatile("int3");
  if (words[1][0] == 'u') __builtin_trap();
}
C
gcc -w -fno-pie -no-pie -o "$work/crash" "$work/crash.c"
mkdir "$work/cores"
echo "  Linux $(uname -r | cut -d. -f1-2)"
place() { # INSTRUCTION: its address in the program
  objdump -d --no-show-raw-insn "$work/crash" | awk -v name="$1" '!found && $2 == name { sub(":", "", $1); print "0x" $1; found = 1 }'
}
run() {
  rm -f "$work"/cores/*
  under core_pattern=core -- dies "$work/cores" "$work/crash" "$1" >/dev/null
  origin "$work"/cores/*
}
expect "ud2" "signal 4, code 2, address $(place ud2)" "$(run ud2)"
expect "int3" "signal 5, code 128, address 0x0" "$(run int3)"
expect "pc, from int3 on" "1" "$(($(fields "$work"/cores/* 1 "<240xQ") - $(place int3)))"
