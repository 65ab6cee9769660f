#!/usr/bin/env bash
# Guess: pwntools, whose context knows powerpc, s390 and mips, reads their cores too, or says that it can't.
# Found: Corefile of 4.15 ends with "AttributeError: 'NoneType' object has no attribute 'from_buffer_copy'": it has register
#   tables for i386, amd64, arm and aarch64 alone, and looks at that only in the middle.
. "$(dirname "$0")/lib.sh"
deb qemu-user=$(apt-cache madison qemu-user | awk '$3 ~ /^1:7\.2\+dfsg-7\+deb12u/ { print $3; exit }')
py pwntools==4.15.0
for machine in "s390x 22 2" "ppc 20 1"; do
  core=$(crash_under $machine)
  expect "${machine% * *}" "AttributeError from_buffer_copy" "$(python3 - "$core" <<'P'
import logging, sys
logging.disable(50)
from pwn import Corefile
try: print(Corefile(sys.argv[1]).pid)
except Exception as error: print(type(error).__name__, getattr(error, "name", ""))
P
  )"
done
