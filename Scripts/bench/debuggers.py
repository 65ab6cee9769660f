#!/usr/bin/env python3
"""Measures what debuggers make of cut cores, before and after coresalvage.

  debuggers.py [-n CUTS] [-v] [-d FOLDER] [PROGRAM...]

Programs of several kinds crash in FOLDER, the kernel writes their cores, and each is cut at CUTS
places. A frame is due where the thread's registers and the bytes of its stack survived; it is good
where the tool names the same function as in the whole core (any, where it names none there).
Prints good/due for each program, variant and tool. CORESALVAGE_BINARY names the executable. Needs kernel.core_pattern `core`.
"""
import argparse
import os
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")
BINARY = os.environ.get("CORESALVAGE_BINARY", "coresalvage")
GDB_WALK = """
import gdb
for thread in gdb.selected_inferior().threads():
    try:
        thread.switch()
        frame, index = gdb.newest_frame(), 0
        while frame is not None and index < 300:
            try: sp = int(frame.read_register('sp')) & (2**64 - 1)
            except Exception: sp = 0
            print('FRAME', thread.ptid[1], hex(frame.pc()), hex(sp & (2**64-1)), frame.name())
            try: frame = frame.older()
            except gdb.error: break
            index += 1
    except gdb.error: pass
"""
DRGN_WALK = """
for thread in prog.threads():
    try:
        for frame in thread.stack_trace():
            try: pc = frame.pc
            except LookupError: pc = 0
            print('FRAME', thread.tid, hex(pc), 0, frame.name if frame.name else '??')
    except Exception as error: pass
"""


class Core:
    """The threads and the memory of a core, as far as its first `size` bytes tell."""

    def __init__(self, path, size=None):
        with open(path, "rb") as file:
            head = file.read(1 << 22)[:size]
            self.read(file, head, size)

    def read(self, file, head, size):
        """The program headers, and the notes wherever they lie."""
        self.size = os.fstat(file.fileno()).st_size if size is None else size
        self.loads, self.threads = [], []
        wide = head[4] == 2
        phoff, = struct.unpack_from("<Q" if wide else "<I", head, 32 if wide else 28)
        count, = struct.unpack_from("<H", head, 56 if wide else 44)
        step = 56 if wide else 32
        for index in range(count):
            at = phoff + index * step
            if at + step > len(head):
                break
            if wide:
                kind, flags, offset, address, _, filesz, memsz, _ = struct.unpack_from("<IIQQQQQQ", head, at)
            else:
                kind, offset, address, _, filesz, memsz, flags, _ = struct.unpack_from("<IIIIIIII", head, at)
            if kind == 4:
                file.seek(offset)
                notes = file.read(max(0, min(filesz, self.size - offset)))
                self.walk(notes, 0, len(notes), wide)
            elif kind == 1:
                self.loads.append((address, filesz, offset))

    def walk(self, head, at, end, wide):
        while at + 12 <= min(end, len(head)):
            namesz, descsz, kind = struct.unpack_from("<III", head, at)
            desc = at + 12 + (namesz + 3) // 4 * 4
            if desc + descsz > len(head):
                return
            if kind == 1 and head[at + 12:at + 16] == b"CORE":
                self.threads.append(struct.unpack_from("<i", head, desc + (32 if wide else 24))[0])
            at = desc + (descsz + 3) // 4 * 4

    def survives(self, start, end):
        for address, filesz, offset in self.loads:
            if address <= start < address + filesz:
                there = address + max(0, min(filesz, self.size - offset))
                return end <= there
        return False


def output(command, timeout=120):
    try:
        run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=timeout)
        return run.stdout.decode(errors="replace"), run.stderr.decode(errors="replace"), run.returncode
    except subprocess.TimeoutExpired:
        return "", "timeout", -1


def walked(text):
    threads = {}
    for line in text.splitlines():
        if line.startswith("FRAME "):
            _, tid, pc, sp, name = line.split(" ", 4)
            threads.setdefault(int(tid), []).append((name, int(pc, 16), int(sp, 16) if sp != "0" else 0))
    return threads


def ask_gdb(program, core):
    script = os.path.join(FOLDER, "walk.py")
    out, _, _ = output(["gdb", "-nx", "-batch", "-iex", "set debuginfod enabled off", "-x", script, program, core])
    return walked(out)


def ask_drgn(program, core):
    out, _, _ = output(["drgn", "-q", "-c", core, "-s", program, "-e", DRGN_WALK])
    return walked(out)


def ask_lldb(program, core):
    out, error, status = output(
        ["lldb-19", "-b", "-x", "-o", f"target create -c '{core}' '{program}'", "-o", "thread backtrace all"])
    if status < 0 or "LLVM ERROR" in error:
        print(f"    lldb: ended by {status}: {error.strip().splitlines()[-1:] }", file=sys.stderr)
    threads, order = {}, Core(core).threads
    frames = None
    for line in out.splitlines():
        found = re.match(r"[* ] thread #(\d+)", line)
        if found and int(found[1]) <= len(order):
            frames = threads.setdefault(order[int(found[1]) - 1], [])
        found = re.match(r"\s+\*? *frame #\d+: (0x[0-9a-f]+)(?: ([^`]+)`(.*))?", line)
        if found and frames is not None:
            name = re.sub(r"( \+ \d+)?( at .*)?$", "", found[3]) if found[3] else "??"
            frames.append((re.sub(r"\(.*", "", name), int(found[1], 16), 0))
    return threads


def ask_eu_stack(program, core):
    out, _, _ = output(["eu-stack", "--core", core, "-e", program])
    threads, frames = {}, None
    for line in out.splitlines():
        found = re.match(r"TID (\d+):", line)
        if found:
            frames = threads.setdefault(int(found[1]), [])
        found = re.match(r"#\d+\s+(0x[0-9a-f]+)(?: - \d+)?\s*(.*)", line)
        if found and frames is not None:
            frames.append((found[2].strip() or "??", int(found[1], 16), 0))
    return threads


def ask_pystack(program, core):
    out, _, _ = output(["pystack", "--no-color", "core", core, program])
    threads, frames = {}, None
    for line in out.splitlines():
        found = re.match(r"Traceback for thread (\d+)", line)
        if found:
            frames = threads.setdefault(int(found[1]), [])
        found = re.match(r'\s+\(Python\) File "(.*)", line (\d+), in (.*)', line)
        if found and frames is not None:
            frames.insert(0, (found[3], int(found[2]), 0))
    return threads


TOOLS = {"gdb": ask_gdb, "lldb": ask_lldb, "eu-stack": ask_eu_stack, "drgn": ask_drgn, "pystack": ask_pystack}
NEEDS = {"gdb": "gdb", "lldb": "lldb-19", "eu-stack": "eu-stack", "drgn": "drgn", "pystack": "pystack"}


def compile_program(source, name, *flags):
    program = os.path.join(FOLDER, name)
    compiler = "g++" if source.endswith("pp") else "gcc"
    subprocess.run([compiler, "-g", "-O0", "-pthread", *flags, "-o", program, os.path.join(HERE, source)], check=True)
    return program


def crash(name, command):
    home = tempfile.mkdtemp(dir=FOLDER)
    limit = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    run = subprocess.run(command, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                         preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, limit))
    if run.returncode not in (-signal.SIGSEGV, -signal.SIGABRT):
        sys.exit(f"{name} did not crash: {run.returncode}")
    core = os.path.join(FOLDER, f"{name}.core")
    shutil.move(os.path.join(home, "core"), core)
    return core


def make(name):
    """The program to give to debuggers, and its core."""
    if name == "c":
        program = compile_program("stacks.c", "c")
        return program, crash(name, [program])
    if name == "non-pie":
        program = compile_program("stacks.c", "non-pie", "-no-pie")
        return program, crash(name, [program])
    if name == "static":
        program = compile_program("stacks.c", "static", "-static")
        return program, crash(name, [program])
    if name == "c++":
        program = compile_program("throws.cpp", "c++")
        return program, crash(name, [program])
    if name == "plugins":
        libraries = []
        for index in range(3):
            compile_program("plugin.c", f"plugin{index}.so", "-shared", "-fPIC")
            libraries.append(os.path.join(FOLDER, f"plugin{index}.so"))
        program = compile_program("plugins.c", "plugins", "-rdynamic")
        return program, crash(name, [program, *libraries])
    if name == "python":
        program = os.path.realpath("/usr/bin/python3")
        return program, crash(name, [program, os.path.join(HERE, "crash.py")])
    if name == "ld.so":
        program = compile_program("stacks.c", "by-name")
        linker = os.path.realpath("/lib64/ld-linux-x86-64.so.2")
        return linker, crash(name, [linker, program])
    if name == "i386":
        program = compile_program("stacks.c", "i386", "-m32")
        return program, crash(name, [program])
    sys.exit(f"no such program: {name}")


ALL = ["c", "non-pie", "c++", "static", "python", "plugins", "ld.so", "i386"]


def cuts(core, count):
    """Half of them evenly spread, the others in the last megabyte, where the link map lies."""
    size = os.path.getsize(core)
    even = [size * (index + 1) // (count // 2 + 1) for index in range(count // 2)]
    tail = min(size // 2, 420_000)
    late = [size - tail * (index + 1) // (count - count // 2 + 1) for index in range(count - count // 2)]
    return sorted(at // 4096 * 4096 for at in even + late)


def due_frames(whole, stacks, cut):
    """Of each thread, the names of the frames that a tool owes."""
    due = {}
    for tid, frames in whole.items():
        if tid not in cut.threads:
            continue
        pointers = [sp for _, _, sp in stacks.get(tid, [])]
        first, last = (pointers[0], max(pointers)) if pointers else (0, 0)
        kept = frames if pointers and cut.survives(first, last + 8) else frames[:1]
        due[tid] = [name for name, _, _ in kept]
    return due


def main():
    global FOLDER
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=10)
    parser.add_argument("-d", default=None)
    parser.add_argument("-t", default=",".join(TOOLS))
    parser.add_argument("-v", action="store_true")
    parser.add_argument("programs", nargs="*")
    options = parser.parse_args()
    FOLDER = tempfile.mkdtemp(dir=options.d)
    with open(os.path.join(FOLDER, "walk.py"), "w") as script:
        script.write(GDB_WALK)
    tools = [tool for tool in options.t.split(",") if shutil.which(NEEDS[tool])]
    try:
        print("program\tvariant\t" + "\t".join(tools))
        for name in options.programs or ALL:
            measure(name, tools, options)
    finally:
        if not options.v:
            shutil.rmtree(FOLDER)


def measure(name, tools, options):
    program, core = make(name)
    stacks = ask_gdb(program, core)
    asked = [tool for tool in tools if (tool == "pystack") == (name == "python") or tool != "pystack"]
    whole = {tool: TOOLS[tool](program, core) for tool in asked}
    if options.v:
        for tool in asked:
            print(f"  whole, {tool}: {sum(map(len, whole[tool].values()))} frames", file=sys.stderr)
    variants = {"raw": None, "dropped only": ["--rebuild", "none"], "rebuilt": []}
    score = {(variant, tool): [0, 0, 0] for variant in variants for tool in asked}
    for size in cuts(core, options.n):
        raw = os.path.join(FOLDER, "raw.core")
        shutil.copyfile(core, raw)
        os.truncate(raw, size)
        cut = Core(core, size)
        for variant, flags in variants.items():
            path = raw
            if flags is not None:
                path = os.path.join(FOLDER, "new.core")
                subprocess.run([BINARY, "--quiet", "--force", raw, path, *flags], check=True)
            for tool in asked:
                due = due_frames(whole[tool], stacks, cut)
                found = TOOLS[tool](program, path)
                total = score[variant, tool]
                for tid, names in due.items():
                    got = [frame[0] for frame in found.get(tid, [])]
                    good = 0
                    for left, right in zip(names, got):
                        if left != right and left not in ("??", "None"):
                            break
                        good += 1
                    total[0] += good
                    total[1] += len(names)
                    if options.v and variant == "rebuilt" and good < len(names):
                        print(f"  {name} cut at {size}, {tool}, thread {tid}: {good} of {len(names)};"
                              f" due {names[good]}, got {got[good:good + 1]}", file=sys.stderr)
                # A frame at 0 that the whole core has not was made up from zeros.
                for tid, frames in found.items():
                    zeros = sum(pc == 0 for _, pc, _ in frames)
                    total[2] += max(0, zeros - sum(pc == 0 for _, pc, _ in whole[tool].get(tid, [])))
    for variant in variants:
        row = []
        for tool in tools:
            if tool not in asked:
                row.append("-")
                continue
            good, due, invented = score[variant, tool]
            row.append(f"{good}/{due}" + (f" ({invented} invented)" if invented else ""))
        print(f"{name}\t{variant}\t" + "\t".join(row), flush=True)


if __name__ == "__main__":
    main()
