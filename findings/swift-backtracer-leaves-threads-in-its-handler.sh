#!/usr/bin/env bash
# Guess: Swift's backtracer (SWIFT_BACKTRACE=enable=yes) stops the other threads while it looks, lets them go, and then the process dies
#   as without it: the core has each thread where it was.
# Found: the thread that crashed is the first and stands at the fault, with its address, but others, in many runs all, are still in the
#   runtime's handler (Swift 6.3.1): frame 1 is "pause_thread", then a signal frame, and only behind that what the thread did.
# Here: threads that all wait in one place are no deadlock there; by frame 0 or by the top of the stacks all threads look equal. What
#   they did stands behind the signal frame. Needs Swift 6.3.
. "$(dirname "$0")/lib.sh"
deb elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
cat >"$work/crash.swift" <<'S'
import Glibc
var thread = pthread_t()
for _ in 0..<3 { pthread_create(&thread, nil, { _ in while true { sleep(1) } }, nil) }
usleep(200_000)
UnsafeMutablePointer<Int>(bitPattern: 0x123450)!.pointee = 1
S
swiftc -swift-version 5 -o "$work/crash" "$work/crash.swift" 2>/dev/null
inside() { # ENABLE: how many of the three other threads are in the handler of the backtracer
  rm -f "$work"/core*
  under core_pattern=core core_uses_pid=0 -- dies "$work" env "SWIFT_BACKTRACE=enable=$1,interactive=no" "$work/crash" >/dev/null
  LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu "$work/root/usr/bin/eu-stack" --core="$work/core" >"$work/frames" 2>/dev/null || true
  grep -c '^#1 .*pause_thread' "$work/frames" || true
}
expect "without it" 0 "$(inside no)"
most=0
for _ in {1..20}; do
  found=$(inside yes)
  ((found <= most)) || most=$found
  ((most < 3)) || break
done
expect "with it, in 20 runs at most" 3 "$most"
expect "the first thread" main "$(sed -nE 's/^#0 +0x[0-9a-f]+ ([a-z_]+).*/\1/p' "$work/frames" | sed -n 1p)"
