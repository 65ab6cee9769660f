#!/usr/bin/env bash
# Guess: gcore of a 32-bit process has the notes that the kernel's core of it has, those of the threads at least.
# Found: it has NT_PRSTATUS and NT_X86_XSTATE and no NT_FPREGSET and no NT_PRXFPREG (gdb 13.1 and 18.1), where the kernel (6.18) writes all
#   four; of a 64-bit process gcore does write NT_FPREGSET. pr_fpvalid is 0. Its NT_AUXV has two more entries, of zeros.
# Here: a reader that takes the floating-point registers of i386 from the older notes finds none in gcore's cores, and that they are
#   missing is no sign of a cut.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3
py gdb-for-pwndbg==18.1.0.post1
cat >"$work/wait.c" <<'C'
static void call(int number, int one, const char *two, int three) {
  __asm__ volatile("int $0x80" : "+a"(number) : "b"(one), "c"(two), "d"(three) : "memory");
}
void _start(void) {
  call(4, 1, "ready\n", 6);
  for (;;) call(29, 0, 0, 0);
}
C
gcc -m32 -nostdlib -static -fno-pie -no-pie -fno-stack-protector -o "$work/wait32" "$work/wait.c"
sed 's/int \$0x80/syscall/; s/"b"/"D"/; s/"c"/"S"/; s/call(4,/call(1,/; s/call(29,/call(34,/; s/"memory"/"rcx", "r11", "memory"/' "$work/wait.c" >"$work/wait64.c"
gcc -nostdlib -static -fno-pie -no-pie -fno-stack-protector -o "$work/wait64" "$work/wait64.c"
notes() { readelf -nW "$1" 2>/dev/null | grep -oE 'NT_(PRSTATUS|FPREGSET|PRXFPREG|X86_XSTATE)' | sort -u | xargs; }
mkdir "$work/cores"
echo "  Linux $(uname -r | cut -d. -f1-2)"
for bits in 32 64; do
  rm -f "$work"/cores/*
  under core_pattern=core -- dies "$work/cores" sh -c "'$work/wait$bits' & sleep 0.5; kill -ABRT \$!; wait" >/dev/null
  older="NT_FPREGSET "
  [[ $bits == 64 ]] || older=
  expect "$bits bits, the kernel" "NT_FPREGSET NT_PRSTATUS $([[ $bits == 64 ]] || echo 'NT_PRXFPREG ')NT_X86_XSTATE" "$(notes "$work"/cores/*)"
  "$work/wait$bits" >"$work/out" &
  id=$!
  until [[ -s $work/out ]]; do sleep 0.1; done
  "$work/root/usr/bin/gcore" -o "$work/cores/gcore" "$id" >/dev/null 2>&1
  expect "$bits bits, gcore 13.1" "${older}NT_PRSTATUS NT_X86_XSTATE" "$(notes "$work/cores/gcore.$id")"
  "$work/py/bin/gdb" -nx -batch -p "$id" -ex "gcore $work/cores/18" >/dev/null 2>&1
  expect "$bits bits, gdb 18.1" "${older}NT_PRSTATUS NT_X86_XSTATE" "$(notes "$work/cores/18")"
  kill "$id"
  wait "$id" 2>/dev/null || true
done
