#!/usr/bin/env python3
"""compare.py COMMAND SYSROOT CORES SEED: holds what gdb shows of repaired and slim cores against the whole ones.

COMMAND is the coresalvage to try, SYSROOT has the files of the machine where /srv/victim crashed, and CORES its cores, by the ways
in which it did; of a processor that signs return addresses if it is called max. SEED decides where they are cut. Ends with 1 if
anything is not as it should be.
"""

import collections, json, pathlib, random, re, struct, subprocess, sys, tempfile

command, sysroot, cores, seed = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]), int(sys.argv[4])
faults = []
SIGNAL = 0, "<signal handler called>", None

# How the signal is told, and functions that stand in the crashed thread's backtrace, in this order.
WAYS = {
    "null": ("SIGSEGV: address 0x0 not mapped", ["write_to", "write_all", "main"]),
    "overflow": ("SIGSEGV: address 0x[0-9a-f]+ not accessible that way", ["descend"] * 100 + ["dies", "start_thread"]),
    "handler": ("SIGSEGV: sent by the process itself .*",
                ["on_fault", "<signal handler called>"] + ["descend"] * 100 + ["descend_with_handler", "dies", "start_thread"]),
    "abort": ("SIGABRT: sent by the process itself .*", ["give_up", "dies", "start_thread"]),
}
OTHERS = {"wait_for_bell", "take_one", "read_one", "spin", "main", "dies"}


def claim(true, words):
    if not true:
        faults.append(words)
        print(f"  WRONG  {words}")
    return true


def within(some, all):
    """Whether some stand in all, in the same order; others may stand between them."""
    rest = iter(all or [])
    return not [one for one in some if one not in rest]


def backtraces(core):
    """The frames of each thread, by its number: addresses, what gdb calls them, and whether they were signed."""
    settings = ["debuginfod enabled off", f"debug-file-directory {sysroot}/usr/lib/debug", f"sysroot {sysroot}",
                "backtrace past-main on", "width 0"]
    words = ["gdb-multiarch", "-nx", "-q", "-batch"]
    for setting in settings:
        words += ["-iex", f"set {setting}"]
    words += ["-ex", "thread apply all bt -frame-info location-and-address", f"{sysroot}/srv/victim", str(core)]
    text = subprocess.run(words, capture_output=True, text=True, errors="replace").stdout
    found, frames = {}, [] # the first frame is shown once more before
    for line in text.splitlines():
        if thread := re.match(r"Thread \d+ \(.*?LWP (\d+)", line):
            frames = found.setdefault(int(thread[1]), [])
        elif frame := re.match(r"#\d+ +(?:(0x\w+)( \[PAC\])? in (\S+)|(<signal handler called>))", line):
            frames.append((int(frame[1], 16), frame[3], frame[2] is not None) if frame[1] else SIGNAL)
    return found


def inspect(core):
    words = [command, "inspect", "--json", "--sysroot", sysroot, core]
    return json.loads(subprocess.run(words, capture_output=True, text=True).stdout or "{}")


def segments(bytes):
    """Type, offset in the file, address and size in it of each program header."""
    at, size, count = struct.unpack_from("<Q14xHH", bytes, 32)
    for number in range(count):
        kind, _, offset, address, _, filled = struct.unpack_from("<IIQQQQ", bytes, at + number * size)
        yield kind, offset, address, filled


def places(bytes, threads):
    """Where a core is cut: in its notes, behind them, in each thread's stack and behind it, and anywhere."""
    found = set()
    for kind, offset, address, filled in segments(bytes):
        if kind == 4:
            found |= {offset + filled // 2, offset + filled - 1, offset + filled}
        elif any(address <= int(thread["sp"], 16) < address + filled for thread in threads):
            stack = next(int(thread["sp"], 16) for thread in threads if address <= int(thread["sp"], 16) < address + filled)
            used = offset + stack - address
            found |= {used + random.randrange(offset + filled - used), offset + filled}
    found |= {random.randrange(4096, len(bytes)) for _ in range(5)}
    return sorted(place for place in found if place < len(bytes))


def differ(shown, had):
    """Where two backtraces part, in words."""
    had = had or []
    names = [[f"{name} at {address:#x}" for address, name, _ in frames] for frames in (shown, had)]
    at = next((at for at, (one, other) in enumerate(zip(shown, had)) if one != other), min(len(shown), len(had)))
    return f"shows from frame {at} on {names[0][at:at + 3]}, and had {names[1][at:at + 3]}"


def try_way(way, folder):
    core = cores / f"{way}.core"
    bytes = core.read_bytes()
    signal, functions = WAYS[way]
    told, whole = inspect(core), backtraces(core)
    threads = told.get("threads", [])
    claim(told.get("whole") and not told["lost"], f"{way}: inspect doesn't call the core whole")
    claim(told.get("machine") == "aarch64", f"{way}: inspect says {told.get('machine')}")
    claim(re.fullmatch(signal, told.get("signalMeaning") or ""), f"{way}: inspect says of the signal: {told.get('signalMeaning')}")
    claim(len(whole) == 6 and sorted(whole) == sorted(thread["tid"] for thread in threads), f"{way}: inspect lists other threads")
    claim(all(thread["stack"] == "whole" for thread in threads), f"{way}: inspect doesn't call each stack whole")
    crashed = [thread["tid"] for thread in threads if thread["crashed"]]
    # Else there would be little to compare.
    names = {thread: [name for _, name, _ in frames] for thread, frames in whole.items()}
    claim(len(crashed) == 1 and within(functions, names.get(crashed[0])), f"{way}: the whole core has another backtrace")
    claim(OTHERS <= set().union(*names.values()), f"{way}: the whole core lacks a thread's function")
    signed = any(signed for frames in whole.values() for *_, signed in frames)
    claim(signed == (cores.name == "max"), f"{way}: the return addresses are {'' if signed else 'not '}signed")

    vdso = next(range(int(module["base"], 16), int(module["end"], 16)) for module in told["modules"] if module["path"] == "[vdso]")
    vdso_kept = next(offset + filled for _, offset, address, filled in segments(bytes) if address == vdso.start)
    # Where in the file each thread's stack ends. A full one's pointer is in the guard page below, of which nothing is in the file.
    ends = {thread["tid"]: min((address, offset + filled) for _, offset, address, filled in segments(bytes)
                               if filled and int(thread["sp"], 16) < address + filled)[1] for thread in threads}
    tally = collections.Counter()
    for place in places(bytes, threads):
        cut, repaired = folder / "cut", folder / "repaired"
        cut.write_bytes(bytes[:place])
        run = subprocess.run([command, "--sysroot", sysroot, "--force", "--quiet", cut, repaired], capture_output=True, text=True)
        if not claim(run.returncode == 0, f"{way}, cut at {place}: not repaired: {run.stderr.strip()}"):
            continue
        tally["cuts"] += 1
        shown = backtraces(repaired)
        states = {thread["tid"]: thread["stack"] for thread in inspect(repaired)["threads"]}
        claim(shown.keys() == states.keys(), f"{way}, cut at {place}: gdb has threads {sorted(shown)}, inspect {sorted(states)}")
        for thread, frames in shown.items():
            due = whole.get(thread, [])
            if place < vdso_kept and SIGNAL in due:
                # A handler returns to the vdso, whose code tells gdb that a signal's frame is there: without it the address is
                # shown and no name, and what is below can't be found. Where it is signed, gdb shows it so once more.
                frames = [SIGNAL if frame[1] == "??" and frame[0] & 0xffff_ffff_ffff in vdso else frame for frame in frames]
                if frames[-2:] == [SIGNAL, SIGNAL]:
                    frames.pop()
                due = due[:due.index(SIGNAL) + 1]
                tally["vdso"] += 1
            where = f"{way}, cut at {place}: thread {thread}"
            claim(within(frames, due), f"{where} {differ(frames, due)}")
            claim((states.get(thread) == "whole") == (ends[thread] <= place), f"{where}: inspect calls its stack {states.get(thread)}")
            if ends[thread] <= place:
                claim(frames == due, f"{where}, whose stack is whole, {differ(frames, due)}")
                tally["whole"] += 1
            tally["frames"] += len(frames)
            tally["threads"] += 1

    slim = folder / "slim"
    subprocess.run([command, "slim", "--sysroot", sysroot, "--force", "--quiet", core, slim], check=True)
    claim(backtraces(slim) == whole, f"{way}: the slim core has other backtraces")
    ended = f" ({tally['vdso']} end at a handler's frame, for the vdso is lost)" if tally["vdso"] else ""
    print(f"  {way:9} {tally['cuts']} cuts: {tally['frames']} frames of {tally['threads']} threads, {tally['whole']} of them with "
          f"their whole stack{ended}; slim, {slim.stat().st_size} of {len(bytes)} bytes: {sum(map(len, whole.values()))} frames")
    return tally


random.seed(seed)
with tempfile.TemporaryDirectory(dir=cores) as folder:
    tallies = [try_way(way, pathlib.Path(folder)) for way in WAYS]
claim(all(tally["cuts"] >= 12 and 0 < tally["whole"] < tally["threads"] for tally in tallies), "too little was compared")
sys.exit(1 if faults else 0)
