#!/usr/bin/env bash
# Guess: NT_SIGINFO of a process that was ended by SIGABRT or SIGSEGV from another process has the number of that process, in one
#   namespace's count or the other's.
# Found: a sender outside of the process's pid namespace is 0 (Linux 6.18): systemd's watchdog, a container's runtime and an admin's
#   kill(1) on the host all read as "sender PID: 0", with si_code 0 (SI_USER), which isn't the kernel. The user is right.
# Here: the core of a container doesn't say who ended it, and 0 isn't the scheduler or the kernel; the trace of signals on the host
#   does. Needs root.
. "$(dirname "$0")/lib.sh"
deb elfutils=0.188-2.1 libelf1=0.188-2.1 libdw1=0.188-2.1
chmod 755 "$work"
mkdir -m 777 "$work/cores"
# A process in a pid namespace of its own, whose first process waits for it; all as user 1234.
cat >"$work/dies.py" <<'P'
import ctypes, os, resource, signal, sys, time
from_inside = sys.argv[2] == "inside"
os.chdir(sys.argv[1])
resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
ctypes.CDLL(None).unshare(0x20000000)  # CLONE_NEWPID
reads, writes = os.pipe()
first = os.fork()
if first == 0:
    victim = os.fork()
    if victim == 0:
        os.setgid(1234), os.setuid(1234)
        os.execvp("sleep", ["sleep", "60"])
    time.sleep(0.5)
    if from_inside:
        os.setuid(1234)
        os.kill(victim, signal.SIGSEGV)
    else:
        os.write(writes, b"ready")
    os.waitpid(victim, 0)
    os._exit(0)
if not from_inside:
    os.read(reads, 5)
    victim = int(open(f"/proc/{first}/task/{first}/children").read())
    os.setresuid(1234, 0, 0)
    os.kill(victim, signal.SIGSEGV)
os.waitpid(first, 0)
P
said() {
  rm -f "$work"/cores/*
  under core_pattern=core -- python3 "$work/dies.py" "$work/cores" "$1"
  "$work/root/usr/bin/eu-readelf" -n "$work"/cores/core* | grep -A 2 SIGINFO | grep -oE 'si_code: -?[0-9]+|sender.*' | paste -s -d ,
}
expect "from its namespace's first process" "si_code: 0,sender PID: 1, sender UID: 1234" "$(said inside)"
expect "from outside" "si_code: 0,sender PID: 0, sender UID: 1234" "$(said outside)"
