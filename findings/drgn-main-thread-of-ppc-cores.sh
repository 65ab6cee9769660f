#!/usr/bin/env bash
# Guess: drgn's main_thread() works for every core for which threads() and crashed_thread() do.
# Found: in a 32-bit PowerPC core (qemu-user's, whose NT_PRPSINFO has the kernel's own layout for that machine) drgn 0.3.0
#   raises LookupError "main thread not found", while threads() lists it and crashed_thread() is it. Not so on s390x.
. "$(dirname "$0")/lib.sh"
deb qemu-user=$(apt-cache madison qemu-user | awk '$3 ~ /^1:7\.2\+dfsg-7\+deb12u/ { print $3; exit }')
py drgn==0.3.0
for machine in "s390x 22 2 ok" "ppc 20 1 LookupError"; do
  core=$(crash_under ${machine% *})
  seen=$(python3 - "$core" <<'P'
import sys, drgn
program = drgn.Program()
program.set_core_dump(sys.argv[1])
threads = [thread.tid for thread in program.threads()]
words = "crashed ok, " if program.crashed_thread().tid in threads else "crashed ?, "
try:
    print(words + ("main ok" if program.main_thread().tid in threads else "main ?"))
except LookupError: print(words + "main LookupError")
P
  )
  expect "${machine%% *}" "crashed ok, main ${machine##* }" "$seen"
done
