#!/usr/bin/env bash
# Guess: the dump command of Delve, Go's debugger, writes an ELF core as gcore does, for every reader; cut, it has its headers, as any.
# Found: Delve 1.20.2 writes memory right behind the ELF header, then the notes, and the program headers last of all, so that any
#   cut takes them. The notes have an empty owner in place of "CORE", there is no NT_FILE and no NT_SIGINFO, and the file has
#   no holes. gdb 13.1 and 18.1 show all threads; eu-stack 0.188 and lldb 19 and 23.1 refuse the whole file, and
#   drgn 0.3.0 finds no thread in it.
# Here: "not a valid ELF file" is no damage in such a dump. A cut one has lost the table of what lies where; e_phoff in its
#   header still says how long it was.
. "$(dirname "$0")/lib.sh"
deb delve=1.20.2-1+deb12u1 golang-1.19-go=1.19.8-2 golang-1.19-src=1.19.8-2
deb gdb=13.1-3 elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
deb lldb-19=1:19.1.7-3~deb12u1 liblldb-19=1:19.1.7-3~deb12u1 libllvm19=1:19.1.7-3~deb12u1 libclang-cpp19=1:19.1.7-3~deb12u1
py gdb-for-pwndbg==18.1.0.post1 lldb-for-pwndbg==23.1.0.post2 drgn==0.3.0
cd "$work"
cat >program.go <<'G'
package main

import (
	"fmt"
	"time"
)

func main() {
	fmt.Println("ready")
	time.Sleep(time.Hour)
}
G
GOROOT=$work/root/usr/lib/go-1.19 GOCACHE=$work/cache GO111MODULE=off HOME=$work "$work/root/usr/lib/go-1.19/bin/go" build -o program program.go
./program >out &
id=$!
until [[ -s out ]]; do sleep 0.1; done
threads=$(ls "/proc/$id/task" | wc -l)
printf 'dump %s\nexit\nn\n' "$work/dump" |
  HOME=$work timeout 60 "$work/root/usr/bin/dlv" attach "$id" --allow-non-terminal-interactive=true >/dev/null 2>&1 || true
kill "$id"
python3 - dump >seen <<'P'
import os, struct, sys
data = open(sys.argv[1], "rb").read()
table, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
entries = [struct.unpack_from("<IIQQQQQQ", data, table + 56 * i) for i in range(count)]
print("at the end" if table + 56 * count == len(data) else "elsewhere")
print(min(entry[2] for entry in entries))
note = next(entry for entry in entries if entry[0] == 4)
at, kinds = note[2], []
while at < note[2] + note[5]:
    name, length, kind = struct.unpack_from("<3I", data, at)
    kinds.append((data[at + 12:at + 12 + name].rstrip(b"\0").decode(), kind))
    at += 12 + (name + 3) // 4 * 4 + (length + 3) // 4 * 4
print(sum(kind == 1 for _, kind in kinds), "threads, owners:", ", ".join(repr(name) for name in sorted({name for name, _ in kinds})))
P
expect "the program headers" "at the end" "$(sed -n 1p seen)"
expect "holes" none "$( (($(stat -c '%b * 512 >= %s' dump))) && echo none || echo some)"
expect "memory begins at" 64 "$(sed -n 2p seen)"
expect "the notes" "$threads threads, owners: '', 'Delve Header'" "$(sed -n 3p seen)"
old() { PYTHONPATH= LD_LIBRARY_PATH=$work/root/usr/lib/llvm-19/lib:$work/root/usr/lib/x86_64-linux-gnu "$work/root/usr/lib/llvm-19/bin/lldb" "$@"; }
for gdb in "$work/root/usr/bin/gdb" "$work/py/bin/gdb"; do
  expect "threads in $("$gdb" -nx --version | head -n 1)" "$threads" "$("$gdb" -nx -batch -c dump program -ex 'info threads' 2>/dev/null | grep -cE '^\*? +[0-9]+ +LWP')"
done
expect "eu-stack" "not a valid ELF file" "$("$work/root/usr/bin/eu-stack" --core dump -e program 2>&1 | grep -o 'not a valid ELF file')"
expect "lldb 19" "nable to parse note segment" "$(old -x -b -c dump program 2>&1 </dev/null | grep -o 'nable to parse note segment')"
expect "lldb 23.1" "nable to parse note segment" "$("$work/py/bin/lldb" -x -b -c dump program 2>&1 </dev/null | grep -o 'nable to parse note segment')"
expect "threads in drgn" 0 "$(python3 -c '
import drgn
program = drgn.Program()
program.set_core_dump("dump")
print(len(list(program.threads())))' 2>/dev/null)"
