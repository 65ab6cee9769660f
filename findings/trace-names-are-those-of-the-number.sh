#!/usr/bin/env bash
# Guess: the name at the beginning of a line of the kernel's trace is that of the task that the line is of, as the event had it.
# Found: the event has a number alone. The name is looked up when the line is read, in a list by number that is filled when a
#   task leaves its processor: until then the line has the name of an earlier task of that number, if one was traced. The
#   same line says another name a moment later. Its process (record-tgid) comes from such a list, too (Linux 6.18).
# Here: who kills a process that is dumped is asked of the trace at once, for kill(1) is gone within a millisecond: it could
#   have been told as whatever ran before. Events that carry a name, as sched_process_exit does, tell the right one. Needs root.
. "$(dirname "$0")/lib.sh"
mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing
trace=/sys/kernel/tracing/instances/finding-$$
mkdir "$trace"
trap 'echo 0 >"$trace/events/signal/enable"; rmdir "$trace"; rm -rf "$work"' EXIT
# SIGURG
echo 'sig==23' >"$trace/events/signal/signal_generate/filter"
echo 1 >"$trace/events/signal/signal_generate/enable"
cat >"$work/names.py" <<'P'
import ctypes, os, re, sys, time
libc = ctypes.CDLL(None)
pipe = os.open(sys.argv[1] + "/trace_pipe", os.O_RDONLY | os.O_NONBLOCK)

def task(name, stay):
    child = os.fork()
    if child == 0:
        libc.prctl(15, name.encode(), 0, 0, 0)  # PR_SET_NAME
        if stay:  # on a processor of its own, which nobody takes from it
            os.sched_setaffinity(0, {1})
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
            time.sleep(0.05)
        os.kill(os.getpid(), 23)  # SIGURG, which nobody minds
        end = time.monotonic() + stay
        while time.monotonic() < end: pass
        os._exit(0)
    return child

def named(number):
    """The name on the next line of the trace that a task of this number is behind."""
    text, end = "", time.monotonic() + 2
    while time.monotonic() < end:
        try: text += os.read(pipe, 4096).decode()
        except BlockingIOError: continue
        if found := re.search(rf"(?m)^\s*(\S+)-{number} .*signal_generate", text): return found.group(1)

os.sched_setaffinity(0, {0})
tally = {}
for _ in range(10):
    first = task("first", 0)
    os.waitpid(first, 0)
    named(first)
    with open("/proc/sys/kernel/ns_last_pid", "w") as file: file.write(str(first - 1))
    second = task("second", 0.2)
    name = named(second)
    os.waitpid(second, 0)
    if second == first: tally[name] = tally.get(name, 0) + 1
listed = re.findall(rf"(?m)^{second} (.*)", open("/sys/kernel/tracing/saved_cmdlines").read())
print("at once, of ten:", tally)
print("in the list once it is gone:", *listed)
P
echo "  Linux $(uname -r | cut -d. -f1-2)"
expect "the name on the line of a task called \"second\"" "at once, of ten: {'first': 10}
in the list once it is gone: second" "$(python3 "$work/names.py" "$trace")"
