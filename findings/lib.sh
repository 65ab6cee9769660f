# What every finding needs: a folder of its own, pinned packages in it, and words that fail when the world has changed.
# Sourced, not run.
set -euo pipefail
export LC_ALL=C
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT

# deb NAME=VERSION...: unpacks Debian packages below $work/root, without installing them.
deb() {
  mkdir -p "$work/deb" "$work/root"
  (cd "$work/deb" && apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null)
  local file
  for file in "$work"/deb/*.deb; do dpkg-deb -x "$file" "$work/root"; done
  rm -rf "$work/deb"
}

# py NAME==VERSION...: Python packages below $work/py, for `python3` in this script.
py() {
  python3 -m pip -q install --disable-pip-version-check --no-warn-conflicts --root-user-action ignore --target "$work/py" "$@"
  export PYTHONPATH=$work/py PATH=$work/py/bin:$PATH
}

# expect WHAT WANTED FOUND: says what was seen, and ends with 1 where it is not what this finding tells of.
expect() {
  printf '  %s: %s\n' "$1" "$3"
  [[ $2 == "$3" ]] || { printf 'CHANGED: expected %s\n' "$2" >&2; exit 1; }
}

# a_core FILE: gdb's gcore of a small process that has three threads and a page of marked memory; `tid`s on stdout.
a_core() {
  cat >"$work/sleeper.c" <<'C'
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static char memory[1 << 16] = "a mark in the data";
static void *sleeper(void *unused) { pause(); return unused; }
int main(void) {
  pthread_t thread;
  for (int i = 0; i < 2; i++) pthread_create(&thread, 0, sleeper, memory);
  puts("ready");
  fflush(stdout);
  pause();
}
C
  gcc -o "$work/sleeper" "$work/sleeper.c" -pthread
  "$work/sleeper" >"$work/sleeper.out" &
  local id=$!
  until [[ -s $work/sleeper.out ]]; do sleep 0.05; done
  gcore -o "$work/gcore" "$id" >/dev/null 2>&1
  kill "$id"
  wait "$id" 2>/dev/null || true
  mv "$work/gcore.$id" "$1"
}

# under NAME=VALUE... -- COMMAND...: the command, while /proc/sys/kernel/NAME has that value; all is put back after it.
# Under the lock that the project's tests use: one in another waits for ever.
under() {
  local lock=/tmp/coresalvage-test-settings.lock names=() values=()
  while [[ $1 != -- ]]; do
    names+=("/proc/sys/kernel/${1%%=*}")
    values+=("${1#*=}")
    shift
  done
  shift
  [[ -e $lock ]] || : >"$lock"
  (
    flock 9
    before=()
    for name in "${names[@]}"; do before+=("$(<"$name")"); done
    trap 'for i in "${!names[@]}"; do echo "${before[i]}" >"${names[i]}"; done' EXIT
    for i in "${!names[@]}"; do echo "${values[i]}" >"${names[i]}"; done
    "$@"
  ) 9<"$lock"
}

# dies FOLDER COMMAND...: the command in that folder, without a limit for its core and without its words. Says whether its
# parent was told of a core.
dies() {
  python3 - "$@" <<'P'
import os, resource, sys
child = os.fork()
if child == 0:
    os.chdir(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1), os.dup2(nowhere, 2)
    os.execvp(sys.argv[2], sys.argv[2:])
print("core dumped" if os.WCOREDUMP(os.waitpid(child, 0)[1]) else "no core")
P
}

# kernel_core PROGRAM FOLDER: the core that the kernel writes of a program that ends by abort(); its path is FOLDER/core.
# core_pattern is set for that moment where it has to be, under the lock, and put back.
kernel_core() {
  under core_pattern=core -- dies "$2" "$1" >/dev/null
  [[ -s $2/core ]] || mv "$2"/core.* "$2/core"
}

# crash_under MACHINE e_machine CLASS PATTERN: a core by qemu-user of a big-endian program of one illegal instruction,
# run as user 1234 of group 4321; prints its path. CLASS is 1 or 2.
crash_under() {
  local folder=$work/crash.$1
  mkdir -p "$folder"
  chmod 755 "$work"
  chmod 777 "$folder"
  python3 - "$folder/program" "$2" "$3" <<'P'
import os, struct, sys
path, machine, kind = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
word = "I" if kind == 1 else "Q"
head, entry = (52, 32) if kind == 1 else (64, 56)
code, base = head + entry, 0x10000000
# An entry of big-endian ppc64 (ELFv1) names a descriptor: address, TOC, environment.
start = base + code
body = (struct.pack(">3Q", start + 24, 0, 0) if machine == 21 else b"") + bytes(64)
ident = b"\x7fELF" + bytes([kind, 2, 1]) + bytes(9)
header = ident + struct.pack(">HHI3" + word + "IHHHHHH", 2, machine, 1, start, head, 0,
                             1 if machine == 21 else 0x1000 if machine == 8 else 0, head, entry, 1, 0, 0, 0)
size = code + len(body)
if kind == 1:
    table = struct.pack(">8I", 1, 0, base, base, size, size, 7, 0x10000)
else:
    table = struct.pack(">2I6Q", 1, 7, 0, base, base, size, size, 0x10000)
open(path, "wb").write(header + table + body)
os.chmod(path, 0o755)
P
  (
    cd "$folder"
    ulimit -c unlimited
    setpriv --reuid 1234 --regid 4321 --clear-groups "$work/root/usr/bin/qemu-$1" ./program >/dev/null 2>&1 || true
  ) >/dev/null 2>&1
  echo "$folder"/qemu_program_*.core
}

# threads_program: $work/crash, which has three threads that wait, and ends by abort() once they do.
threads_program() {
  cat >"$work/crash.c" <<'C'
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
static void *wait(void *unused) { pause(); return unused; }
int main(void) {
  pthread_t thread;
  for (int i = 0; i < 3; i++) pthread_create(&thread, 0, wait, 0);
  sleep(1);
  abort();
}
C
  gcc -o "$work/crash" "$work/crash.c" -pthread
}

# fields CORE TYPE FORMAT: what the first note of that type has of a 64-bit core, by the format of Python's struct.
fields() {
  python3 - "$@" <<'P'
import struct, sys
data, wanted, form = open(sys.argv[1], "rb").read(), int(sys.argv[2], 0), sys.argv[3]
table, size, count = struct.unpack_from("<Q", data, 32) + struct.unpack_from("<HH", data, 54)
for entry in range(table, table + size * count, size):
    if struct.unpack_from("<I", data, entry)[0] != 4: continue
    at, length = struct.unpack_from("<8xQ16xQ", data, entry)
    end = at + length
    while at < end:
        name, length, kind = struct.unpack_from("<3I", data, at)
        at += 12 + (name + 3) // 4 * 4
        if kind == wanted:
            found = struct.unpack_from(form, data, at)
            print(*[field.split(b"\0")[0].decode() if isinstance(field, bytes) else field for field in found])
            sys.exit()
        at += (length + 3) // 4 * 4
P
}

# origin CORE: the signal of NT_SIGINFO, its code, and the 8 bytes behind them: an address, or a process and a user.
origin() {
  local signal code rest
  read -r signal code rest < <(fields "$1" 0x53494749 "<i4xi4xQ")
  printf 'signal %d, code %d, address 0x%x' "$signal" "$code" "$rest"
}
