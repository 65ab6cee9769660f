#!/usr/bin/env bash
# Guess: debuggers show the vector registers that a core has in NT_X86_XSTATE, whole: ymm, and zmm where the machine has them.
# Found: lldb 19 and 23.1 know a core's xmm registers and no others: `register read ymm3` says "unavailable", although the note has
#   the upper half, and `p $ymm3` in gdb 13.1 and 18.1 shows it. And of a guest on AMD with AVX-512 and without protection keys, whose
#   note has 2,432 bytes, gdb has no upper half either ("<unavailable>" or no such register): it guesses the layout by the size, and
#   knows no such size. The kernel (6.18) has a note that says the layout, NT_X86_XSAVE_LAYOUT, which none of them reads.
# Here: an unavailable register isn't lost: NT_X86_XSTATE has it. That is what gdb's ".reg-xstate … too small" means, too.
#   Needs AVX.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3 lldb-19=1:19.1.7-3~deb12u1 liblldb-19=1:19.1.7-3~deb12u1 libllvm19=1:19.1.7-3~deb12u1 libclang-cpp19=1:19.1.7-3~deb12u1
py gdb-for-pwndbg==18.1.0.post1 lldb-for-pwndbg==23.1.0.post2
cat >"$work/crash.c" <<'C'
int main(void) {
  __asm__ volatile("mov $0x1234abcd, %%eax; vmovd %%eax, %%xmm3; vpshufd $0, %%xmm3, %%xmm3;"
                   "vinsertf128 $1, %%xmm3, %%ymm3, %%ymm3; mov %%eax, 0" ::: "eax");
}
C
gcc -mavx -o "$work/crash" "$work/crash.c"
kernel_core "$work/crash" "$work"
# The same core as of a machine that has AVX and nothing beyond: 832 bytes, and no note about the layout.
python3 - "$work/core" "$work/avx" >"$work/seen" <<'P'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
at, size = (struct.unpack_from("<Q", data, 64 + o)[0] for o in (8, 32))
start, end, notes = at, at + size, b""
while at < end:
    name, length, kind = struct.unpack_from("<3I", data, at)
    note = at + 12 + (name + 3) // 4 * 4
    following = note + (length + 3) // 4 * 4
    if kind == 0x202:
        state = data[note:note + 832]
        print(length, state[576 + 48:576 + 64].hex())
        for place in 464, 512: struct.pack_into("<Q", state, place, struct.unpack_from("<Q", state, place)[0] & 7)
        notes += struct.pack("<3I", name, 832, kind) + data[at + 12:note] + state
    elif kind != 0x205: notes += data[at:following]
    at = following
data[start:start + len(notes)] = notes
struct.pack_into("<Q", data, 96, len(notes))
open(sys.argv[2], "wb").write(data)
P
by_gdb() { "$1" -nx -batch -c "$2" "$work/crash" -ex 'p/x $ymm3.v8_int32[7]' 2>/dev/null | tail -n 1 | grep -o '0x1234abcd' || echo no; }
by_lldb() { "$1" -x -b -c "$2" "$work/crash" -o "register read $3" 2>&1 </dev/null | grep -oE 'unavailable|0xcd 0xab 0x34 0x12' | tail -n 1; }
expect "the upper half of ymm3 in the note" "$(printf 'cdab3412%.0s' 1 2 3 4)" "$(cut -d ' ' -f 2 "$work/seen")"
for gdb in "$work/root/usr/bin/gdb" "$work/py/bin/gdb"; do
  which=$("$gdb" -nx --version | head -n 1)
  expect "$which, a core with AVX and nothing beyond" 0x1234abcd "$(by_gdb "$gdb" "$work/avx")"
  [[ $(cut -d ' ' -f 1 "$work/seen") != 2432 ]] || expect "the machine's own core" no "$(by_gdb "$gdb" "$work/core")"
done
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu:$work/root/usr/lib/llvm-19/lib
for lldb in "$work/root/usr/bin/lldb-19" "$work/py/bin/lldb"; do
  expect "${lldb#"$work/"}, xmm3" "0xcd 0xab 0x34 0x12" "$(by_lldb "$lldb" "$work/avx" xmm3)"
  expect "ymm3" unavailable "$(by_lldb "$lldb" "$work/avx" ymm3)"
done
