#!/usr/bin/env python3
"""Measures what post-mortem tools make of cut cores, before and after coresalvage.

  readers.py [-n CUTS] [-v] [-d FOLDER] [-t TOOL[=COMMAND],...] [-w NAME=OPTIONS] [PROGRAM...]

Programs of several kinds crash in FOLDER, the kernel writes their cores, and each is cut at CUTS places.
A debugger's frame is due where the thread's registers and the bytes of its stack survived; it is good
where the tool names the same function as in the whole core (any, where it names none there). Of tools
that tell something else (methods of Java or Python, modules, whether they open the core), all that they
tell of the whole core is due. Invented is a frame at address 0, or a fact, that the whole core has not.

Prints, for each program, tool and variant: good/due, and what is wrong besides: invented, hung, died.
CORESALVAGE_BINARY names the executable. Needs kernel.core_pattern `core`.
"""
import argparse
import fcntl
import os
import re
import resource
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")
BINARY = os.environ.get("CORESALVAGE_BINARY", "coresalvage")
PATIENCE = 120
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
PWNTOOLS = """
import os, sys
os.environ['PWNLIB_NOTERM'] = '1'
from pwn import Corefile, context
context.log_level = 'critical'
core = Corefile(sys.argv[1])
print('FACT opens')
for name in ('exe', 'libc', 'stack'):
    if getattr(core, name): print('FACT', name)
"""
CLE = """
import logging, sys
logging.disable(logging.CRITICAL)
import cle
loader = cle.Loader(sys.argv[1], auto_load_libs=False)
for thread in loader.main_object.threads: print('FACT thread', thread)
"""


class Core:
    """The threads and the memory of a core, as far as its first `size` bytes tell."""

    def __init__(self, path, size=None):
        with open(path, "rb") as file:
            self.read(file, file.read(64)[:size], size)

    def read(self, file, head, size):
        """The program headers, and the notes wherever they lie."""
        self.size = os.fstat(file.fileno()).st_size if size is None else size
        self.loads, self.threads, self.notes = [], [], b""
        wide = head[4] == 2
        phoff, = struct.unpack_from("<Q" if wide else "<I", head, 32 if wide else 28)
        count, = struct.unpack_from("<H", head, 56 if wide else 44)
        step = 56 if wide else 32
        # A table that has outgrown its place stands at the end.
        file.seek(phoff)
        head = file.read(max(0, min(count * step, self.size - phoff)))
        for at in range(0, len(head) - step + 1, step):
            if wide:
                kind, flags, offset, address, _, filesz, memsz, _ = struct.unpack_from("<IIQQQQQQ", head, at)
            else:
                kind, offset, address, _, filesz, memsz, flags, _ = struct.unpack_from("<IIIIIIII", head, at)
            if kind == 4:
                file.seek(offset)
                notes = file.read(max(0, min(filesz, self.size - offset)))
                self.notes += notes
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


# MARK: The tools

class Answer:
    """What a tool told: of each thread its frames as (name, pc, sp), and how the run ended."""

    def __init__(self, threads, ending=""):
        self.threads, self.ending = threads, ending

    @property
    def count(self):
        return sum(map(len, self.threads.values()))


def run(command, words=None):
    """Its standard output, and `hung` or `died` where it did not end by itself."""
    try:
        done = subprocess.run(command, input=(words or "").encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return "", "hung"
    error = done.stderr.decode(errors="replace")
    died = done.returncode < 0 or done.returncode > 127 or "LLVM ERROR" in error or "panicked at" in error
    return done.stdout.decode(errors="replace"), "died" if died else ""


def walked(text):
    threads = {}
    for line in text.splitlines():
        if line.startswith("FRAME "):
            _, tid, pc, sp, name = line.split(" ", 4)
            threads.setdefault(int(tid), []).append((name, int(pc, 16), int(sp, 16) if sp != "0" else 0))
    return threads


def facts(text):
    return {0: [(line[5:], 1, 0) for line in text.splitlines() if line.startswith("FACT ")]}


def ask_gdb(command, program, core):
    script = os.path.join(FOLDER, "walk.py")
    text, ending = run([*command, "-nx", "-batch", "-iex", "set debuginfod enabled off", "-x", script, program, core])
    return Answer(walked(text), ending)


def ask_drgn(command, program, core):
    text, ending = run([*command, "-q", "-c", core, "-s", program, "-e", DRGN_WALK])
    return Answer(walked(text), ending)


def ask_lldb(command, program, core):
    text, ending = run(
        [*command, "-b", "-x", "-o", f"target create -c '{core}' '{program}'", "-o", "thread backtrace all"])
    threads, order = {}, Core(core).threads
    frames = None
    for line in text.splitlines():
        found = re.match(r"[* ]+thread #(\d+)", line)
        if found and int(found[1]) <= len(order):
            frames = threads.setdefault(order[int(found[1]) - 1], [])
        found = re.match(r"\s+\*? *frame #\d+: (0x[0-9a-f]+)(?: ([^`]+)`(.*))?", line)
        if found and frames is not None:
            name = re.sub(r"( \+ \d+)?( at .*)?$", "", found[3]) if found[3] else "??"
            frames.append((re.sub(r"\(.*", "", name), int(found[1], 16), 0))
    return Answer(threads, ending)


def ask_eu_stack(command, program, core):
    text, ending = run([*command, "--core", core, "-e", program])
    threads, frames = {}, None
    for line in text.splitlines():
        found = re.match(r"TID (\d+):", line)
        if found:
            frames = threads.setdefault(int(found[1]), [])
        found = re.match(r"#\d+\s+(0x[0-9a-f]+)(?: - \d+)?\s*(.*)", line)
        if found and frames is not None:
            frames.append((found[2].strip() or "??", int(found[1], 16), 0))
    return Answer(threads, ending)


def ask_pystack(command, program, core):
    text, ending = run([*command, "--no-color", "core", core, program])
    threads, frames = {}, None
    for line in text.splitlines():
        found = re.match(r"Traceback for thread (\d+)", line)
        if found:
            frames = threads.setdefault(int(found[1]), [])
        found = re.match(r'\s+\(Python\) File "(.*)", line (\d+), in (.*)', line)
        if found and frames is not None:
            frames.insert(0, (found[3], int(found[2]), 0))
    return Answer(threads, ending)


def ask_py_spy(command, program, core):
    text, ending = run([*command, "dump", "--core", core])
    threads, frames = {}, None
    for line in text.splitlines():
        found = re.match(r"Thread (\S+)", line)
        if found:
            frames = threads.setdefault(found[1], [])
        found = re.match(r"    (\S.*) \((.*)\)$", line)
        if found and frames is not None:
            frames.append((found[1], 1, 0))
    return Answer(threads, ending)


def ask_jhsdb(command, program, core):
    text, ending = run([*command, "jstack", "--exe", program, "--core", core])
    threads, frames = {}, None
    for line in text.splitlines():
        if line.startswith('"'):
            frames = threads.setdefault(line.split('"')[1], [(line.split('"')[1], 1, 0)])
        elif line.startswith(" - ") and frames is not None:
            frames.append((re.sub(r"@.*", "", line[3:]), 1, 0))
    return Answer(threads, ending)


def ask_chap(command, program, core):
    text, ending = run([*command, core], "list modules\n")
    names = [line[:-len(" uses the following ranges:")] for line in text.splitlines()
             if line.endswith(" uses the following ranges:")]
    return Answer({0: [(name, 1, 0) for name in sorted(names) if name.startswith("/")]}, ending)


def ask_pwntools(command, program, core):
    text, ending = run([*command, "-c", PWNTOOLS, core])
    return Answer(facts(text), ending)


def ask_cle(command, program, core):
    text, ending = run([*command, "-c", CLE, core])
    return Answer(facts(text), ending)


class Tool:
    """A kind of tool, in one release."""

    # How it is asked; its command; how that tells its release; of which programs.
    KINDS = {
        "gdb": (ask_gdb, "gdb", "--version", r""),
        "lldb": (ask_lldb, "lldb-19", "--version", r""),
        "eu-stack": (ask_eu_stack, "eu-stack", "--version", r""),
        "drgn": (ask_drgn, "drgn", "--version", r""),
        "chap": (ask_chap, "chap", None, r""),
        "pwntools": (ask_pwntools, "python3", "-c import importlib.metadata as m; print(m.version('pwntools'))", r""),
        "cle": (ask_cle, "python3", "-c import importlib.metadata as m; print(m.version('cle'))", r""),
        "pystack": (ask_pystack, "pystack", "--version", r"python"),
        "py-spy": (ask_py_spy, "py-spy", "--version", r"python"),
        "jhsdb": (ask_jhsdb, "jhsdb", None, r"java"),
    }
    FRAMES = {"gdb", "lldb", "eu-stack", "drgn"}

    def __init__(self, text):
        self.kind, _, command = text.partition("=")
        self.ask_with, usual, version, self.programs = self.KINDS[self.kind]
        self.command = shlex.split(command or usual)
        self.is_here = shutil.which(self.command[0]) is not None
        release = ""
        if self.is_here and version:
            flag = version.split(" ", 1)
            done = subprocess.run([*self.command, *flag], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            told = (done.stdout + done.stderr).decode(errors="replace").splitlines()
            found = re.findall(r"\d+\.\d+(?:\.\d+)*", re.sub(r"\(.*?\)", "", told[0]) if told else "")
            release = " " + found[0] if found else ""
            self.is_here = done.returncode == 0
        self.name = self.kind + release

    def ask(self, program, core):
        return self.ask_with(self.command, program, core)

    def is_of(self, program):
        return re.match(self.programs, program) is not None


# MARK: The programs

def compile_program(source, name, *flags):
    program = os.path.join(FOLDER, name)
    compiler = {"cpp": "g++", "c": "gcc"}[source.rsplit(".")[-1]]
    subprocess.run([compiler, "-g", "-O0", "-pthread", *flags, "-o", program, os.path.join(HERE, source)], check=True)
    return program


def crash(name, command):
    home = tempfile.mkdtemp(dir=FOLDER)
    limit = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    # The tests change the kernel's settings under this lock.
    with open(os.path.join(tempfile.gettempdir(), "coresalvage-test-settings.lock"), "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(command, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, limit))
    if done.returncode not in (-signal.SIGSEGV, -signal.SIGABRT):
        raise OSError(f"it did not crash: {done.returncode}")
    core = os.path.join(FOLDER, f"{name}.core")
    shutil.move(os.path.join(home, "core"), core)
    return core


# Programs that load plugins: the source, and how it is linked.
PLUGINS = {
    "plugins": ("plugins.c", ["-rdynamic"]),
    "static, dlopen": ("plugins.c", ["-static"]),
    "static-pie, dlopen": ("plugins.c", ["-static-pie"]),
    # What glibc does with the libraries of a program for one place: it puts them where they were linked for.
    "prelinked": ("plugins.c", ["-no-pie"]),
    "rodynamic": ("plugins.c", ["-fuse-ld=lld", "-Wl,-z,rodynamic"]),
    "dlmopen": ("namespaces.c", []),
}
ALL = ["c", "non-pie", "c++", "static", "musl", "rust", "go", "python", "python 3.13", "ld.so", "i386", *PLUGINS, "moved code",
       "node", "node, moved", "java"]


def find(name, *places):
    """A program in one of the places, or in PATH."""
    found = next((place for place in places if os.access(place, os.X_OK)), None) or shutil.which(name)
    if not found:
        raise OSError(f"no {name} here")
    return os.path.realpath(found)


def make(name):
    """The program to give to debuggers, and its core. Raises OSError where it can't be had."""
    flags = {"c": [], "non-pie": ["-no-pie"], "static": ["-static"], "i386": ["-m32"]}
    if name in flags:
        program = compile_program("stacks.c", name, *flags[name])
        return program, crash(name, [program])
    if name == "c++":
        program = compile_program("throws.cpp", "c++")
        return program, crash(name, [program])
    if name in PLUGINS:
        source, flags = PLUGINS[name]
        libraries = []
        for index in range(3):
            # lldb 23 takes modules of one build-id for one.
            flag = [f"-Wl,--build-id=0x{index + 1:040x}"]
            if name == "prelinked":
                flag.append(f"-Wl,-Ttext-segment={0x41000000 + (index << 24):#x}")
            compile_program("plugin.c", f"{name}{index}.so", "-shared", "-fPIC", *flag)
            libraries.append(os.path.join(FOLDER, f"{name}{index}.so"))
        program = compile_program(source, name, *flags)
        return program, crash(name, [program, *libraries])
    if name == "moved code":
        program = compile_program("moved.c", name)
        return program, crash(name, [program, "code"])
    if name.startswith("node"):
        script = os.path.join(FOLDER, "crash.js")
        with open(script, "w") as file:
            file.write("function inner(n) { process.abort(); } setTimeout(() => inner(1), 300);")
        pages = "--use-largepages=" + ("on" if name == "node, moved" else "off")
        program = find("node")
        return program, crash(name, [program, pages, script])
    if name.startswith("python"):
        wanted = "python" + name[len("python "):] if name != "python" else "/usr/bin/python3"
        versions = os.path.expanduser("~/.pyenv/versions")
        places = [os.path.join(versions, v, "bin", wanted) for v in sorted(os.listdir(versions))] \
            if os.path.isdir(versions) else []
        program = find(wanted, *places)
        return program, crash(name, [program, os.path.join(HERE, "crash.py")])
    if name == "java":
        java, source = find("java"), os.path.join(HERE, "Kitchen.java")
        subprocess.run(["javac", "-d", FOLDER, source], check=True)
        return java, crash(name, [java, "-Xmx16m", "-XX:+UseSerialGC", "-cp", FOLDER, "Kitchen"])
    if name == "rust":
        program = os.path.join(FOLDER, name)
        subprocess.run(["rustc", "-g", "-o", program, os.path.join(HERE, "deep.rs")], check=True)
        return program, crash(name, [program])
    if name == "go":
        program = os.path.join(FOLDER, name)
        cache = {"GOCACHE": os.path.join(FOLDER, "cache"), "GOFLAGS": "-mod=mod", "CGO_ENABLED": "1"}
        subprocess.run(["go", "build", "-o", program, os.path.join(HERE, "deep.go")], check=True,
                       env={**os.environ, **cache})
        return program, crash(name, ["env", "GOTRACEBACK=crash", program])
    if name == "musl":
        program = os.path.join(FOLDER, name)
        subprocess.run(["musl-gcc", "-g", "-O0", "-o", program, os.path.join(HERE, "stacks.c")], check=True)
        return program, crash(name, [program])
    if name == "ld.so":
        program = compile_program("stacks.c", "by-name")
        linker = os.path.realpath("/lib64/ld-linux-x86-64.so.2")
        return linker, crash(name, [linker, program])
    sys.exit(f"no such program: {name}")


def cuts(core, count):
    """Half of them evenly spread, the others in the last megabyte, where the link map lies."""
    size = os.path.getsize(core)
    even = [size * (index + 1) // (count // 2 + 1) for index in range(count // 2)]
    tail = min(size // 2, 420_000)
    late = [size - tail * (index + 1) // (count - count // 2 + 1) for index in range(count - count // 2)]
    return sorted(at // 4096 * 4096 for at in even + late)


# MARK: The score

def due_frames(whole, stacks, cut):
    """Of each thread, the names of the frames that a debugger owes."""
    due = {}
    for tid, frames in whole.items():
        if tid not in cut.threads:
            continue
        pointers = [sp for _, _, sp in stacks.get(tid, [])]
        first, last = (pointers[0], max(pointers)) if pointers else (0, 0)
        kept = frames if pointers and cut.survives(first, last + 8) else frames[:1]
        due[tid] = [name for name, _, _ in kept]
    return due


class Score:
    def __init__(self):
        self.good = self.due = self.invented = 0
        self.endings = {}

    def add(self, tool, whole, stacks, notes, cut, answer, tell):
        if answer.ending and not whole.ending:
            self.endings[answer.ending] = self.endings.get(answer.ending, 0) + 1
        if tool.kind in Tool.FRAMES:
            return self.add_frames(due_frames(whole.threads, stacks, cut), whole, answer, tell)
        for key, frames in whole.threads.items():
            names = [name for name, _, _ in frames]
            found = [name for name, _, _ in answer.threads.get(key, [])]
            good = sum(min(names.count(name), found.count(name)) for name in set(names))
            self.good += good
            self.due += len(names)
            if good < len(names):
                tell(f"{key}: {good} of {len(names)}" + (f", {answer.ending}" if answer.ending else ""))
            # A module that the tool did not find in the whole core may have been mapped all the same.
            self.invented += sum(name not in names and name.encode() not in notes for name in found)

    def add_frames(self, due, whole, answer, tell):
        for tid, names in due.items():
            got = [frame[0] for frame in answer.threads.get(tid, [])]
            good = 0
            for left, right in zip(names, got):
                if left != right and left not in ("??", "None"):
                    break
                good += 1
            self.good += good
            self.due += len(names)
            if good < len(names):
                tell(f"thread {tid}: {good} of {len(names)}; due {names[good]}, got {got[good:good + 1]}")
        # A frame at 0 that the whole core has not was made up from zeros.
        for tid, frames in answer.threads.items():
            zeros = sum(pc == 0 for _, pc, _ in frames)
            self.invented += max(0, zeros - sum(pc == 0 for _, pc, _ in whole.threads.get(tid, [])))

    def __str__(self):
        wrong = [f"{self.invented} invented"] * (self.invented > 0)
        wrong += [f"{count} {ending}" for ending, count in sorted(self.endings.items())]
        return f"{self.good}/{self.due}" + (f" ({', '.join(wrong)})" if wrong else "")


def measure(name, tools, variants, options):
    program, core = make(name)
    stacks = Tool("gdb").ask(program, core).threads
    notes = Core(core).notes
    asked = [tool for tool in tools if tool.is_of(name)]
    whole = {tool: tool.ask(program, core) for tool in asked}
    score = {(tool, variant): Score() for tool in asked for variant in variants}
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
                def tell(words):
                    if options.v and flags is not None:
                        print(f"  {name} cut at {size}, {variant}, {tool.name}, {words}", file=sys.stderr)
                score[tool, variant].add(tool, whole[tool], stacks, notes, cut, tool.ask(program, path), tell)
    for tool in asked:
        # What is due of the whole core is all that the tool tells of it.
        ending = f" ({whole[tool].ending})" if whole[tool].ending else ""
        row = [f"{whole[tool].count}{ending}"] + [str(score[tool, variant]) for variant in variants]
        print(f"{name}\t{tool.name}\t" + "\t".join(row), flush=True)


def main():
    global FOLDER
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=10, help="how many cuts")
    parser.add_argument("-d", default=None, help="where programs and cores are made")
    parser.add_argument("-t", default=",".join(Tool.KINDS), help="tools, with their commands where those are others")
    parser.add_argument("-v", action="store_true", help="what is missing, frame by frame; keep the files")
    parser.add_argument("-w", action="append", default=[], help="NAME=OPTIONS: one more way to repair")
    parser.add_argument("programs", nargs="*")
    options = parser.parse_args()
    FOLDER = tempfile.mkdtemp(dir=options.d)
    with open(os.path.join(FOLDER, "walk.py"), "w") as script:
        script.write(GDB_WALK)
    tools = []
    for text in options.t.split(","):
        tool = Tool(text)
        if tool.is_here:
            tools.append(tool)
        else:
            print(f"left out: no {text} here", file=sys.stderr)
    variants = {"raw": None, "repaired": []}
    for text in options.w:
        variant, _, flags = text.partition("=")
        variants[variant] = shlex.split(flags)
    try:
        print("program\ttool\twhole\t" + "\t".join(variants))
        for name in options.programs or ALL:
            try:
                measure(name, tools, variants, options)
            except (OSError, subprocess.CalledProcessError) as error:
                print(f"left out: {name}: {error}", file=sys.stderr)
    finally:
        if not options.v:
            shutil.rmtree(FOLDER)


if __name__ == "__main__":
    main()
