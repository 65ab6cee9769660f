#!/usr/bin/env bash
# Guess: .NET's createdump of a living process gives a core like gcore's: signal 0 (or SIGSTOP) for all threads, a NT_SIGINFO perhaps,
#   and eu-stack names what it names of gcore's.
# Found: createdump of .NET Core 3.1.23 writes SIGABRT into every thread's NT_PRSTATUS, in pr_cursig and pr_info, and no NT_SIGINFO. By
#   default (--withheap) it leaves most of libraries out, page by page, and eu-stack 0.188 recognizes no module in what is left and
#   names no frame; of --full it does. gdb 13.1, given the program, and lldb 23.1 name both. The command's words (pr_psargs) are empty. e_shoff is
#   64, right behind the ELF header, for one section header with nothing in it but counts, so that eu-readelf -n shows no note.
# Here: such a dump of a process that hung isn't a crash, and nothing of it is lost.
. "$(dirname "$0")/lib.sh"
mono=6.8.0.105+dfsg-3.3+deb12u1
deb elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1 gdb=13.1-3 mono-mcs=$mono mono-runtime-common=$mono mono-runtime-sgen=$mono \
  libmono-corlib4.5-dll=$mono libmono-corlib4.5-cil=$mono libmono-system-core4.0-cil=$mono libmono-system4.0-cil=$mono \
  libmono-system-xml4.0-cil=$mono libmono-security4.0-cil=$mono libmono-system-configuration4.0-cil=$mono \
  libmono-microsoft-csharp4.0-cil=$mono
py dotnetcore2==3.1.23 lldb-for-pwndbg==23.1.0.post2
cat >"$work/program.cs" <<'C'
class Program {
  static void Main() {
    System.Console.WriteLine("ready");
    System.Threading.Thread.Sleep(100000);
  }
}
C
MONO_PATH=$work/root/usr/lib/mono/4.5 MONO_CFG_DIR=$work/root/etc "$work/root/usr/bin/mono-sgen" "$work/root/usr/lib/mono/4.5/mcs.exe" \
  -out:"$work/program.dll" "$work/program.cs"
echo '{"runtimeOptions": {"framework": {"name": "Microsoft.NETCore.App", "version": "3.1.23"}}}' >"$work/program.runtimeconfig.json"
dotnet=$work/py/dotnetcore2/bin/dotnet createdump=$work/py/dotnetcore2/bin/shared/Microsoft.NETCore.App/3.1.23/createdump
chmod +x "$dotnet" "$createdump"
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
"$dotnet" "$work/program.dll" >"$work/out" &
id=$!
until [[ -s $work/out ]]; do sleep 0.1; done
"$createdump" -f "$work/heap" "$id" >/dev/null
"$createdump" --full -f "$work/full" "$id" >/dev/null
kill "$id"
signals() { # CORE: cursig of the threads, si_signo and the kinds of notes
  python3 - "$1" <<'P'
import struct, sys
data = open(sys.argv[1], "rb").read()
table = struct.unpack_from("<Q", data, 32)[0]
place, size = struct.unpack_from("<Q", data, table + 8)[0], struct.unpack_from("<Q", data, table + 32)[0]
end, kinds, cursig, words = place + size, set(), set(), ""
while place < end:
    name, length, kind = struct.unpack_from("<III", data, place)
    start = place + 12 + (name + 3) // 4 * 4
    kinds.add(kind)
    if kind == 1: cursig.add((struct.unpack_from("<i", data, start)[0], struct.unpack_from("<h", data, start + 12)[0]))
    if kind == 3: words = data[start + 56:start + 136].strip(b"\0")
    place = start + (length + 3) // 4 * 4
print("signals", *cursig, "siginfo," if 0x53494749 in kinds else "no siginfo,", "words" if words else "no words,",
      "e_shoff", struct.unpack_from("<Q", data, 40)[0])
P
}
elfutils() { LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu PATH=$work/root/usr/bin:$PATH "$@" 2>/dev/null || true; }
has() { grep -q "$1" && echo yes || echo no; }
for core in heap full; do
  full=$([[ $core == full ]] && echo yes || echo no)
  expect "$core" "signals (6, 6) no siginfo, no words, e_shoff 64" "$(signals "$work/$core")"
  expect "$core: eu-readelf shows notes" no "$(elfutils eu-readelf -n "$work/$core" >"$work/out"; has NT_ <"$work/out")"
  expect "$core: eu-unstrip lists libcoreclr" "$full" "$(elfutils eu-unstrip -n --core="$work/$core" >"$work/out"; has libcoreclr <"$work/out")"
  expect "$core: eu-stack names SleepEx" "$full" "$(elfutils eu-stack --core="$work/$core" >"$work/out"; has SleepEx <"$work/out")"
  "$work/root/usr/bin/gdb" -nx -batch "$dotnet" "$work/$core" -ex bt >"$work/out" 2>/dev/null
  expect "$core: gdb names SleepEx" yes "$(has SleepEx <"$work/out")"
  "$work/py/bin/lldb" -x -b -c "$work/$core" -o "thread backtrace" >"$work/out" 2>/dev/null
  expect "$core: lldb names SleepEx" yes "$(has SleepEx <"$work/out")"
done
