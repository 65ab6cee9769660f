#!/usr/bin/env bash
# Guess: the pid in NT_PRPSINFO is the number of one of the threads in the core; and gcore dumps whatever process the kernel could.
# Found: where main() has ended by pthread_exit and others run on, the kernel (6.18) writes no NT_PRSTATUS for it, and the pid is
#   none of the threads'. drgn 0.3.0 has no main_thread() then, and gdb 13.1 adds a thread "(Exiting)" without registers, from
#   libpthread's own list. gcore of the living process fails ("is a zombie", gdb 13.1 and 18.1), as lldb's attach does, and so
#   does eu-stack -p; gcore of one of the other threads' numbers gives a core with that thread alone.
# Here: a missing main thread is no damage. Such a process is to be dumped by a signal.
. "$(dirname "$0")/lib.sh"
deb gdb=13.1-3 elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
py gdb-for-pwndbg==18.1.0.post1 drgn==0.3.0
cat >"$work/program.c" <<'C'
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
static void *work(void *end) {
  sleep(end ? 2 : 600);
  abort();
}
int main(int count, char **words) {
  pthread_t thread;
  pthread_create(&thread, 0, work, 0);
  pthread_create(&thread, 0, work, count > 1 ? words : 0);
  pthread_exit(0);
}
C
gcc -o "$work/program" "$work/program.c" -pthread
under core_pattern=core -- dies "$work" "$work/program" end >/dev/null
expect "pid is a thread's" "no, of 2" "$(eu-readelf -n "$work/core" | awk '
  /PRSTATUS/ { thread = 1 } /PRPSINFO/ { thread = 0 }
  match($0, /[^p]pid: [0-9]+/) { id = substr($0, RSTART + 6, RLENGTH - 6); if (thread) { seen[id] = 1; n++ } else pid = id }
  END { print ((pid in seen) ? "yes" : "no") ", of " n }')"
expect "drgn" "main thread not found" "$(python3 - "$work/core" <<'P'
import drgn, sys
program = drgn.Program()
program.set_core_dump(sys.argv[1])
try: print(program.main_thread().tid)
except LookupError as error: print(error)
P
)"
"$work/program" &
id=$!
sleep 0.5
thread=$(ls "/proc/$id/task" | tail -n 1)
for gdb in "$work/root/usr/bin/gdb" "$work/py/bin/gdb"; do
  for number in "$id" "$thread"; do
    "$gdb" -nx -batch -p "$number" -ex "gcore $work/gcore" >"$work/words" 2>&1 || true
    [[ $number == "$id" ]] && wanted="is a zombie" || wanted="1 thread(s)"
    found=$(grep -o 'is a zombie' "$work/words" || echo "$(eu-readelf -n "$work/gcore" | grep -c ' PRSTATUS') thread(s)")
    expect "$("$gdb" -nx --version | head -n 1), $([[ $number == "$id" ]] && echo process || echo thread)" "$wanted" "$found"
    rm -f "$work/gcore"
  done
done
expect "eu-stack -p" "No such process" \
  "$(LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu "$work/root/usr/bin/eu-stack" -p "$id" 2>&1 | grep -o 'No such process' || true)"
kill "$id"
