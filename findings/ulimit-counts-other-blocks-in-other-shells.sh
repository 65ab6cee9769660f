#!/usr/bin/env bash
# Guess: `ulimit -c 1000` sets the same limit in every shell: blocks of 1,024 bytes, as bash's manual says, or of 512, as POSIX.
# Found: bash 5.2 takes 1,024 and bash --posix 512; dash 0.5.12 and busybox 1.35 take 512. What was right in a script of bash cuts
#   cores at half of it in one of /bin/sh, and the value that `ulimit -c` prints looks the same.
# Here: a core that ends at half of the limit that was meant. prlimit(1) and systemd's LimitCORE count bytes.
. "$(dirname "$0")/lib.sh"
deb bash=5.2.15-2+b13 dash=0.5.12-2 busybox=1:1.35.0-4+deb12u1+b1
ulimit -Sc unlimited 2>/dev/null || true
limit() { "$@" -c 'ulimit -c 1000; awk "/core file/ { print \$5 }" /proc/self/limits; ulimit -c' | xargs; }
expect "bash: bytes, shown" "1024000 1000" "$(limit "$work/root/bin/bash")"
expect "bash --posix" "512000 1000" "$(limit "$work/root/bin/bash" --posix)"
expect "dash" "512000 1000" "$(limit "$work/root/bin/dash")"
expect "busybox" "512000 1000" "$(limit "$work/root/bin/busybox" ash)"
