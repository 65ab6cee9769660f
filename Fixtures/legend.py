#!/usr/bin/env python3
"""Says what lies where in a core, and what a cut took from it.

    legend.py markdown MANIFEST FOLDER   the legend of every core that MANIFEST names, for README.md
    legend.py check CORE...              holds what is read here against `readelf -lW`
    legend.py at PLACE CORE              the offset of a place, to cut there (see PLACES)
    legend.py written OFFSET CORE        bytes before OFFSET that are not in holes: the RLIMIT_CORE
                                         which stops the kernel there

A reader of its own, on purpose: it shares no line with the one under test.
"""

import os
import re
import struct
import subprocess
import sys

NOTE_NAMES = {
    1: "NT_PRSTATUS", 2: "NT_FPREGSET", 3: "NT_PRPSINFO", 6: "NT_AUXV", 0x200: "NT_386_TLS",
    0x202: "NT_X86_XSTATE", 0x205: "NT_X86_XSAVE_LAYOUT", 0x46494C45: "NT_FILE",
    0x46E62B7F: "NT_PRXFPREG", 0x53494749: "NT_SIGINFO", 0xFF000000: "NT_GDB_TDESC",
}
AT_RANDOM, AT_SYSINFO_EHDR = 25, 33
PT_LOAD, PT_NOTE, PN_XNUM = 1, 4, 0xFFFF


class Core:
    """A little-endian core of x86: its table, its notes, and a name for every byte range."""

    def __init__(self, path):
        self.path, self.size = path, os.path.getsize(path)
        self.file = open(path, "rb")
        head = self.read(0, 64)
        self.wide = head[4] == 2
        self.word = 8 if self.wide else 4
        fields = struct.unpack_from("<QQQ" if self.wide else "<III", head, 24)
        self.phoff, self.shoff = fields[1], fields[2]
        at = 54 if self.wide else 42
        self.phentsize, self.phnum, self.shentsize, self.shnum = struct.unpack_from("<4H", head, at)
        self.header_end = 64 if self.wide else 52
        self.extended = self.phnum == PN_XNUM
        if self.extended:  # the first entry's file offset is where the table ends
            self.phnum = (self.entry(0)["offset"] - self.phoff) // self.phentsize
        self.table_end = self.phoff + self.phnum * self.phentsize
        whole = max(0, (min(self.size, self.table_end) - self.phoff) // self.phentsize)
        self.entries = [self.entry(i) for i in range(whole)]
        self.notes = [n for e in self.entries if e["type"] == PT_NOTE for n in self.read_notes(e)]
        self.threads = [self.thread(n) for n in self.whole_notes(1)]
        self.auxv = self.read_auxv()
        self.files = self.read_files()

    def read(self, offset, count):
        return os.pread(self.file.fileno(), count, offset)

    def entry(self, index):
        raw = self.read(self.phoff + index * self.phentsize, self.phentsize)
        if self.wide:
            names = ("type", "flags", "offset", "address", "physical", "filesz", "memsz", "align")
            return dict(zip(names, struct.unpack("<IIQQQQQQ", raw)))
        names = ("type", "offset", "address", "physical", "filesz", "memsz", "flags", "align")
        return dict(zip(names, struct.unpack("<8I", raw)))

    def read_notes(self, entry):
        """Every note that begins before the file ends; the last may be cut."""
        at, end = entry["offset"], entry["offset"] + entry["filesz"]
        while at < end and at < self.size:
            head = self.read(at, 12)
            if len(head) < 12:
                yield {"start": at, "end": None, "type": None}
                return
            namesz, descsz, kind = struct.unpack("<III", head)
            desc = at + 12 + (namesz + 3) // 4 * 4
            stop = desc + (descsz + 3) // 4 * 4
            yield {"start": at, "end": stop, "type": kind, "desc": desc, "descsz": descsz}
            at = stop

    def whole_notes(self, kind):
        return [n for n in self.notes if n["type"] == kind and n["end"] <= self.size]

    def descriptor(self, note):
        return self.read(note["desc"], note["descsz"])

    def thread(self, note):
        raw = self.descriptor(note)
        pid, pointer = (32, 264) if self.wide else (24, 132)
        return {
            "id": struct.unpack_from("<i", raw, pid)[0],
            "sp": struct.unpack_from("<Q" if self.wide else "<I", raw, pointer)[0],
        }

    def read_auxv(self):
        raw = b"".join(self.descriptor(n) for n in self.whole_notes(6))
        return dict(struct.iter_unpack("<QQ" if self.wide else "<II", raw))

    def read_files(self):
        ranges = []
        for note in self.whole_notes(0x46494C45):
            raw, step = self.descriptor(note), self.word
            form = "<Q" if self.wide else "<I"
            count = struct.unpack_from(form, raw, 0)[0]
            names = raw[2 * step + count * 3 * step:].split(b"\0")
            for i in range(count):
                start, end = (
                    struct.unpack_from(form, raw, (2 + 3 * i + k) * step)[0] for k in (0, 1))
                ranges.append((start, end, os.path.basename(names[i].decode())))
        return ranges

    def due(self):
        """The size that the file should have had, or None when the table doesn't say."""
        if self.extended:
            return self.shoff + self.shentsize
        if len(self.entries) < self.phnum:
            return None
        ends = [e["offset"] + e["filesz"] for e in self.entries]
        return max(ends + [self.shoff + self.shnum * self.shentsize if self.shoff else 0])

    def name_segments(self):
        """A name for each PT_LOAD, from NT_FILE, NT_AUXV and the stack pointers."""
        named, before = {}, None
        loads = [e for e in self.entries if e["type"] == PT_LOAD]
        for load in sorted(loads, key=lambda e: e["address"]):
            start, end = load["address"], load["address"] + load["memsz"]
            within = lambda address: address is not None and start <= address < end
            owners = [i for i, t in enumerate(self.threads) if within(t["sp"])]
            files = [f for f in self.files if f[0] < end and start < f[1]]
            if files:
                name = files[0][2]
            elif within(self.auxv.get(AT_RANDOM)):
                name = "stack of the main thread"
            elif owners:
                name = f"stack of thread {self.threads[owners[0]]['id']}"
            elif within(self.auxv.get(AT_SYSINFO_EHDR)):
                name = "vdso"
            elif start == 0xFFFFFFFFFF600000:
                name = "vsyscall"
            elif before and before[0] == start and before[1] in [f[2] for f in self.files]:
                name = before[1]  # its .bss
            else:
                name = "anonymous memory"
            named[load["offset"], start] = name
            before = (end, name)
        return named

    def regions(self):
        """(start, end, name, detail) of what the file holds or should hold, in file order."""
        found = [(0, self.header_end, "ELF header", ""),
                 (self.phoff, self.table_end, "program header table", count(self.phnum, "entry"))]
        names = self.name_segments()
        for entry in self.entries:
            start, end = entry["offset"], entry["offset"] + entry["filesz"]
            if entry["type"] == PT_NOTE:
                found += self.note_regions(start, end)
            elif entry["filesz"]:
                found.append((start, end, names[start, entry["address"]], ""))
        if self.shoff:
            entries = 1 if self.extended else self.shnum
            end = self.shoff + entries * self.shentsize
            found.append((self.shoff, end, "section header table", count(entries, "entry")))
        return sorted(found)

    def note_regions(self, start, end):
        """One region for each note that begins in the file, and one for all that followed it."""
        threads, owner = iter(self.threads), "the process"
        of_process = (
            "NT_PRPSINFO", "NT_SIGINFO", "NT_AUXV", "NT_FILE", "NT_X86_XSAVE_LAYOUT",
            "NT_GDB_TDESC")
        for note in self.notes:
            name = NOTE_NAMES.get(note["type"], "a note whose type is cut off or unknown")
            if name == "NT_PRSTATUS":
                owner = f"thread {next(threads, {'id': 'unknown'})['id']}"
            whose = "the process" if name in of_process else owner
            stop = min(note["end"] or note["start"] + 12, end)
            yield (note["start"], stop, f"notes of {whose}", name)
            start = stop
        if start < end:
            yield (start, end, "notes", "of which nothing is known" if not self.notes else
                   "all that followed")

    def rows(self):
        """The regions with what became of each; neighbours that belong together are one row."""
        rows = []
        for start, end, name, detail in self.regions():
            state = "whole" if end <= self.size else "lost" if start >= self.size else "cut"
            last = rows[-1] if rows else None
            if last and last["name"] == name and last["state"] == state != "cut":
                last["end"] = end
                last["details"] += [detail] if detail and detail not in last["details"] else []
            else:
                rows.append({"start": start, "end": end, "name": name, "state": state,
                             "details": [detail] if detail else []})
        return rows

    def data_bytes(self, limit=None):
        """Bytes before `limit` that are not in holes."""
        at, total, limit = 0, 0, self.size if limit is None else min(limit, self.size)
        while at < limit:
            try:
                start = os.lseek(self.file.fileno(), at, os.SEEK_DATA)
            except OSError:
                break  # only a hole is left
            at = os.lseek(self.file.fileno(), start, os.SEEK_HOLE)
            total += max(0, min(at, limit) - start)
        return total


# The places that make.sh cuts at.
PLACES = {
    "last-thread": lambda core: core.whole_notes(1)[-1]["end"] + 100,
    "second-thread": lambda core: core.whole_notes(1)[1]["end"] + 100,
    "notes": lambda core: core.notes[0]["start"],
    "notes-end": lambda core: core.notes[-1]["end"],
    # The second thread that bakery starts has the deep stack; the first one's is the last.
    "mid-stack": lambda core: [
        end for _, end, name, _ in core.regions() if name.startswith("stack of thread")
    ][-2] - 20_001,
    "libraries": lambda core: min(
        start for start, _, name, _ in core.regions() if ".so" in name and "liboven" not in name),
    "main-stack": lambda core: next(
        start for start, _, name, _ in core.regions() if name == "stack of the main thread"),
}


def legend(core, row, folder):
    """The section of one core, in Markdown."""
    due = core.due()
    wanted = "not known from the file" if due is None else f"{due:,}"
    yield f"### {row['name']}"
    yield ""
    how = re.sub(r"\d{4,}", lambda digits: f"{int(digits.group(0)):,}", row["how"])
    yield f"{how[0].upper()}{how[1:]}. " + " ".join([
        f"Size found {core.size:,} ({core.size % 4096:,} beyond a page boundary),",
        f"{core.data_bytes():,} of it not in holes; size due {wanted}.",
        f"Program headers {len(core.entries):,} of {core.phnum:,};",
        f"threads whose registers survive: {len(core.threads)}."])
    yield ""
    yield "| bytes | what | state |"
    yield "|---|---|---|"
    for part in core.rows():
        length = part["end"] - part["start"]
        state = part["state"]
        if state == "cut":
            state = f"**cut**: the first {core.size - part['start']:,} of {length:,} bytes survive"
        elif state == "lost":
            state = "**lost**"
        what = ": ".join(filter(None, [part["name"], ", ".join(part["details"])]))
        yield f"| {part['start']:,}–{part['end'] - 1:,} | {what} | {state} |"
    if len(core.entries) < core.phnum:
        yield f"| {core.table_end:,}– | all that the lost entries told of | **lost** |"
    yield ""
    yield "gdb: " + gdb_says(core.path, os.path.join(folder, row["program"]))
    yield ""


def gdb_says(core, program):
    """What gdb makes of a core: its complaints, and how much of the backtraces it names."""
    run = subprocess.run(
        ["gdb", "-nx", "-batch", "-iex", "set debuginfod enabled off", "-iex", "set width 0",
         "-ex", "thread apply all bt 100", program, core],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        cwd=os.path.dirname(core))
    out = run.stdout
    complaint = re.search(
        r"not a core dump: [^\n]*|segment extending past end of file|is truncated[^\n]*", out)
    threads = len(re.findall(r"^Thread \d+ \(", out, re.M))
    frames = re.findall(r"^#\d+ +(?:0x[0-9a-f]+ in )?(\S+) \(", out, re.M)
    named = len([name for name in frames if name != "??"])
    invented = len(re.findall(r"^#\d+ +0x0+ in \?\?", out, re.M))
    said = [f"“{complaint.group(0)}”"] if complaint else []
    said.append(f"{count(threads, 'thread')}, {count(named, 'named frame')}")
    said += [f"{count(invented, 'invented frame')} at address 0"] if invented else []
    return "; ".join(said) + "."


def count(number, noun):
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number:,} {noun if number == 1 else plural}"


def markdown(manifest, folder):
    with open(manifest) as lines:
        columns = lines.readline().rstrip("\n").split("\t")
        rows = [dict(zip(columns, line.rstrip("\n").split("\t"))) for line in lines]
    for row in rows:
        core = Core(os.path.join(folder, row["name"] + ".core"))
        print("\n".join(legend(core, row, folder)))


def check(paths):
    """Fails if readelf reads another program header table than this file does."""
    for path in paths:
        core = Core(path)
        run = subprocess.run(["readelf", "-lW", path], capture_output=True, text=True)
        found = re.findall(
            r"^  (NOTE|LOAD) +(0x\w+) (0x\w+) (?:0x\w+) (0x\w+) (0x\w+)", run.stdout, re.M)
        theirs = [tuple(int(value, 16) for value in match[1:]) for match in found]
        ours = [tuple(e[k] for k in ("offset", "address", "filesz", "memsz"))
                for e in core.entries]
        if not theirs:
            print(f"{os.path.basename(path)}: readelf can't read the table")
        elif core.extended and core.shoff >= core.size:
            # readelf takes e_phnum for the count, and reads as many
            if theirs != ours[:len(theirs)]:
                sys.exit(f"{path}: readelf reads another program header table")
            print(f"{os.path.basename(path)}: readelf agrees on the first {len(theirs):,} entries")
        elif theirs != ours:
            sys.exit(f"{path}: readelf reads another program header table")
        else:
            print(f"{os.path.basename(path)}: readelf agrees on {len(ours):,} entries")


def main(arguments):
    match arguments:
        case ["markdown", manifest, folder]:
            markdown(manifest, folder)
        case ["check", *paths]:
            check(paths)
        case ["at", place, path]:
            print(PLACES[place](Core(path)))
        case ["written", offset, path]:
            print(Core(path).data_bytes(int(offset)))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
