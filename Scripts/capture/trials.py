#!/usr/bin/env python3
"""trials.py COMMAND KIND COUNT [options]: kills processes while coresalvage captures them, and says what was kept.

KIND is kill, cgroup, freeze, daemon, sender or none. COMMAND is the coresalvage to try. Root, Linux 6.17 and cgroup v2 are
needed. kernel.core_pattern is set for each trial alone, under the lock of the tests, and put back.
"""

import argparse, collections, json, pathlib, random, re, subprocess, tempfile, time

from crashes import Daemon, Pattern, Victim, build_victim

def frames(core, program):
    """How often each function stands in the stacks; None where gdb opens no core."""
    words = ["gdb", "-nx", "-q", "-batch", "-ex", "set debuginfod enabled off", "-ex", "thread apply all bt -frame-info short-location",
             str(program), str(core)]
    text = subprocess.run(words, capture_output=True, text=True, errors="replace").stdout
    found = collections.Counter(re.findall(r"^#\d+\s+(?:0x\w+ in )?(\S+)", text, re.M))
    return found if found else None


def captured(command, core):
    text = subprocess.run([command, "inspect", "--json", core], capture_output=True, text=True).stdout
    return json.loads(text or "{}").get("capture") or {}


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))] if values else None


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("command")
    options.add_argument("kind")
    options.add_argument("count", type=int)
    options.add_argument("--size", type=int, default=1024, help="MiB of each victim")
    options.add_argument("--threads", type=int, default=32)
    options.add_argument("--most", type=float, default=2.0, help="seconds after the crash within which it is killed")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--handler", default="capture", choices=["capture", "cat"])
    options.add_argument("--no-gdb", action="store_true")
    options.add_argument("serve", nargs="*", help="options of capture serve, after --")
    options = options.parse_args()
    random.seed(options.seed)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="coresalvage-trials."))
    program = build_victim(folder)
    tally = collections.Counter()
    windows, times = [], collections.defaultdict(list)
    due = None
    if options.handler == "cat":
        (folder / "store").mkdir()
        script = folder / "cat.sh"
        script.write_text(f"#!/bin/sh\ncat > {folder}/store/one.new\nmv {folder}/store/one.new {folder}/store/one.core\n")
        script.chmod(0o755)
        pattern, daemon = f"|{script}", None
    else:
        daemon = Daemon(options.command, folder, ["--per-minute", "0", "--per-program", "0", *options.serve])
        pattern = f"@@{daemon.socket}"
    store = folder / "store"

    def wait_for_core(victim, patience=40):
        end = time.monotonic() + patience
        # Whatever else crashes on this machine meanwhile is not ours.
        own = f"*.{victim.process.pid}.*.core" if daemon else "*.core"
        while time.monotonic() < end:
            if found := sorted(store.glob(own)):
                return found[0]
            time.sleep(0.005)

    def trial(number, kind):
        nonlocal due
        victim = Victim(program, folder, options.threads, options.size, number)
        delay = random.uniform(0, options.most)
        sender = None
        with Pattern(pattern):
            victim.crash()
            if kind != "none":
                time.sleep(delay)
                if kind == "daemon":
                    daemon.process.kill()
                    daemon.process.wait()
                else:
                    sender = victim.hit(kind)
            victim.end()
        if kind == "daemon":
            before = frames(next(store.glob(f"*.{victim.process.pid}.*"), "none"), program)
            daemon.start()
        core = wait_for_core(victim)
        if core is None:
            tally["no core"] += 1
            print(f"trial {number}: {kind} after {delay * 1000:.2f} ms: no core")
            return
        if daemon and not captured(options.command, core):
            tally["cut before its registers were read"] += 1
            print(f"trial {number}: {kind} after {delay * 1000:.2f} ms: cut in its notes")
            core.unlink()
            return
        result = subprocess.run([program, "check", core, victim.list], capture_output=True, text=True)
        missing, wrong, total = map(int, re.findall(r"\d+", result.stdout) or [1, 0, 1])
        record = captured(options.command, core) if daemon else {}
        steps = {step["state"]: step["at"] for step in record.get("steps", [])}
        for state, moment in steps.items():
            times[state].append(moment)
        pinned = "pinned" in steps
        if daemon and "noted" not in steps:
            tally["cut in its notes, memory kept"] += 1
            print(f"trial {number}: {kind} after {delay * 1000:.2f} ms: notes cut, {record.get('partialThreads')} threads by two registers")
        kill = record.get("kill")
        tally["wrong bytes"] += wrong > 0
        tally["complete" if not missing else "incomplete"] += 1
        if missing:
            tally["incomplete, not pinned" if not pinned else "incomplete, though pinned"] += 1
            print(f"trial {number}: {kind} after {delay * 1000:.0f} ms: {result.stdout.strip()} pinned={pinned} {record.get('remark')}")
        if kill:
            tally["killed while captured"] += 1
            senders = kill.get("senders") or []
            if sender and senders:
                right = senders[0].get("pid") == sender
                tally["sender right" if right else "sender wrong"] += 1
                if not right:
                    print(f"trial {number}: sender {senders}, should be {sender}")
            else:
                tally["sender not named"] += 1
        if not options.no_gdb:
            seen = frames(core, program)
            if due is None:
                due = seen
            tally["gdb: all frames" if seen == due else "gdb: other frames"] += 1
            if seen != due:
                print(f"trial {number}: frames lacking {due - (seen or collections.Counter())}, more {(seen or collections.Counter()) - due}")
            if kind == "daemon" and due:
                tally["of frames, before"] += sum(((before or collections.Counter()) & due).values())
            if seen is None:
                tally["gdb: none"] += 1
        for path in store.iterdir():
            path.unlink()

    trial(-1, "none")
    print("undisturbed:", dict(tally), "frames:", sum((due or {}).values()))
    tally.clear()
    for number in range(options.count):
        trial(number, options.kind)
    print(f"{options.handler}, {options.kind}, {options.count} times, within {options.most} s:", dict(tally))
    if daemon:
        daemon.log.seek(0)
        gone = [line for line in daemon.log if "was gone before" in line]
        held = sum("memory was held" in line for line in gone)
        print(f"  gone before anything came: {len(gone)}, of them {held} though their memory was held already")
    for state, moments in times.items():
        print(f"  {state}: median {percentile(moments, 0.5) / 1000:.1f} ms, worst {max(moments) / 1000:.1f} ms")
    if daemon:
        daemon.stop()
    subprocess.run(["rm", "-rf", folder])


main()
