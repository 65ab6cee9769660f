#!/usr/bin/env python3
"""capture.py COMMAND FOLDER RUNS: how soon a captured core is of use, a process may go, and all is saved, beside the kernel's
own dump into a file. Prints rows of a name, a value, a target and whether it is met. Root and Linux 6.17 are needed."""

import json, pathlib, resource, statistics, subprocess, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "capture"))
from crashes import Daemon, Pattern, Victim, build_victim

command, folder, runs = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
program = build_victim(folder)
number = 0
LIMITS = ["--per-minute", "0", "--per-program", "0"]


def crash(pattern, threads, size):
    """Crashes a victim: when (seconds since 1970), and how long it was until its parent knew."""
    global number
    number += 1
    victim = Victim(program, folder, threads, size, number)
    with Pattern(pattern):
        before, start = time.time(), time.monotonic()
        victim.crash()
        victim.process.wait()
        waited = time.monotonic() - start
    victim.end()
    return before, waited


def kernel(threads, size):
    core = folder / "kernel.core"
    core.unlink(missing_ok=True)
    _, waited = crash(str(core), threads, size)
    size = core.stat().st_size
    core.unlink()
    return waited, size


def captured(daemon, threads, size):
    before, waited = crash(f"@@{daemon.socket}", threads, size)
    core = daemon.core()
    note = json.loads(subprocess.run([command, "inspect", "--json", core], capture_output=True, text=True).stdout)
    assert note["whole"], note
    record = note["capture"]
    moments = {step["state"]: record["time"] / 1e6 + step["at"] / 1e6 - before for step in record["steps"]}
    daemon.clear()
    return waited, moments


def row(name, value, target, met=None):
    verdict = "-" if met is None else "holds" if met else "MISSED"
    print(f"{name}\t{value}\t{target}\t{verdict}", flush=True)


def median(values):
    return statistics.median(values)


resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
held = Daemon(command, folder, LIMITS)
files, waits, moments = [], [], []
for _ in range(runs):
    files.append(kernel(64, 1024)[0])
    waited, moment = captured(held, 64, 1024)
    waits.append(waited)
    moments.append(moment)
held.stop()
whole = median(files)
useful = median([moment["linked"] for moment in moments])
done = median([moment["released"] for moment in moments])
row("kernel's dump of 1 GiB, 64 threads, into a file", f"{whole * 1000:.0f} ms", "-")
row("crash to registers, near stacks and link map in the file", f"{useful * 1000:.1f} ms", "10 ms", useful <= 0.010)
row("the same / the kernel's whole dump", f"{useful / whole:.4f}", "0.02", useful / whole <= 0.02)
row("whole capture / the kernel's dump", f"{done / whole:.2f}", "1.1", done / whole <= 1.1)
row("crash to the parent's wait, held / the kernel's dump", f"{median(waits) / whole:.2f}", "-")
early = Daemon(command, folder, ["--release", "early", *LIMITS])
for size in (64, 1024, 2048):
    files, waits = [], []
    for _ in range(runs):
        files.append(kernel(64, size)[0])
        waits.append(captured(early, 64, size)[0])
    ratio = median(waits) / median(files)
    row(f"{size} MiB: crash to the parent's wait, early / file", f"{median(waits) * 1000:.1f} of {median(files) * 1000:.0f} ms: {ratio:.3f}",
        "0.05", ratio <= 0.05)
early.stop()
