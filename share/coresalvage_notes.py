"""Reads the notes that coresalvage leaves in a core it repaired: see coresalvage-format(5).

For the debuggers' own Python, whichever version that is; nothing but the standard library.
"""

import bisect
import json
import os
import struct

LOST, REBUILT, DOUBT = 0x53414C01, 0x53414C03, 0x53414C08
AUXV, FILE = 6, 0x46494C45
AT_PHDR, AT_ENTRY = 3, 9
PT_LOAD, PT_NOTE = 1, 4
GNU_BUILD_ID = 3
HEADER_TABLE = 0xFFFFFFFF
MOST_ENTRIES = 1 << 24
# Of one note, or of a table of headers, no more is read at a time.
MOST_BYTES = 1 << 24
WINDOW = 256 << 10
# Of what is in doubt: nobody writes more.
MOST_DOUBT, MOST_DOUBTS = 1 << 20, 64

CAUSES = {1: "past the end of the file", 2: "unreadable", 3: "damaged", 4: "named as lost",
          5: "left out on request", 6: "gone before it was read", 7: "zeros taken for lost",
          8: "a damaged note"}
STATES = {1: "dropped", 2: "zero-marked", 3: "padded", 4: "rebuilt"}
MEANS = {1: "link map", 2: "mapped file", 3: "python frame"}


class Range:
    """A stretch of memory that is lost, or whose bytes are not from the dump."""

    def __init__(self, fields, kind):
        self.start, self.length, self.offset, self.index, self.flags, self.cause, self.state = fields
        self.end = self.start + self.length
        self.kind = kind

    @property
    def is_memory(self):
        # What was rebuilt is always memory: a link map may lie where no program header of the dump was.
        return self.kind == "rebuilt" or self.start != 0 and self.index != HEADER_TABLE

    def __str__(self):
        if self.kind == "rebuilt":
            how = "rebuilt from " + MEANS.get(self.cause, "a source of kind %d" % self.cause)
        else:
            how = "lost, %s (%s)" % (
                CAUSES.get(self.cause, "cause %d" % self.cause),
                STATES.get(self.state, "state %d" % self.state))
        return "0x%016x-0x%016x %14s bytes  %s" % (self.start, self.end, f"{self.length:,}", how)


class Record:
    """What a core's notes say of its repair. Without any of ours, `is_repaired` is false."""

    def __init__(self, path):
        self.ranges = []
        # Sentences on what is in doubt, each with whether it is damage.
        self.doubts = []
        self.is_repaired = False
        self.size_found = self.size_due = 0
        self.is_damaged = False
        with open(path, "rb") as core:
            self._size = os.fstat(core.fileno()).st_size
            found = {}
            for owner, kind, start, end in self._notes(core):
                if owner == b"CORE\0":
                    found.setdefault(kind, (start, min(end - start, MOST_BYTES)))
                elif owner != b"CORESALVAGE\0":
                    continue
                elif kind == LOST:
                    self.is_repaired = True
                    self._read(core, start, end, "lost")
                elif kind == REBUILT:
                    self._read(core, start, end, "rebuilt")
                elif kind == DOUBT:
                    self._read_doubts(self._bytes(core, start, min(end - start, MOST_DOUBT + 1)))
            self.program, self.program_id = None, None
            if AUXV in found and FILE in found:
                try:
                    self._find_program(core, self._bytes(core, *found[AUXV]), self._bytes(core, *found[FILE]))
                except (struct.error, ValueError):
                    # Whatever it was: the program is not known.
                    pass
        memory = sorted((r for r in self.ranges if r.is_memory), key=lambda r: r.start)
        self.memory = memory
        self._starts = [r.start for r in memory]

    def _find_program(self, core, vector, files):
        """The program's path by NT_FILE, and its build-id by its header page: as far as the core has them."""
        word = "Q" if self._wide else "I"
        size = struct.calcsize(word)
        pairs = struct.iter_unpack(self._order + word * 2, vector[:len(vector) // (2 * size) * (2 * size)])
        values = {key: value for key, value in pairs}
        address = values.get(AT_PHDR) or values.get(AT_ENTRY)
        count, _ = struct.unpack_from(self._order + word * 2, files)
        count = min(count, len(files) // (3 * size))
        names = files[(2 + 3 * count) * size:].split(b"\0")
        for index in range(count):
            start, end, _ = struct.unpack_from(self._order + word * 3, files, (2 + 3 * index) * size)
            if address is not None and start <= address < end and index < len(names):
                self.program = os.fsdecode(names[index])
                self.program_id = build_id(lambda at, count: self._memory(core, start + at, count), start)
                return

    def _memory(self, core, address, count):
        """What the core has at an address; fewer bytes where it has no more."""
        for start, size, offset in self._loads:
            if start <= address < start + size:
                return self._bytes(core, offset + address - start, min(count, start + size - address))
        return b""

    def _notes(self, core):
        """All notes: owner, type, and where the descriptor begins and ends."""
        self._loads = []
        head = self._bytes(core, 0, 64)
        if len(head) < 52 or head[:4] != b"\x7fELF":
            return
        self._wide = head[4] == 2
        if len(head) < (64 if self._wide else 52):
            return
        self._order = ">" if head[5] == 2 else "<"
        if self._wide:
            table, sections = struct.unpack_from(self._order + "QQ", head, 32)
            entry, count = struct.unpack_from(self._order + "HH", head, 54)
        else:
            table, sections = struct.unpack_from(self._order + "II", head, 28)
            entry, count = struct.unpack_from(self._order + "HH", head, 42)
        if count == 0xFFFF and sections:
            words = self._bytes(core, sections + (44 if self._wide else 28), 4)
            if len(words) == 4:
                count = struct.unpack(self._order + "I", words)[0]
        if entry != (56 if self._wide else 32):
            return
        segments = []
        for _, record in self._records(core, table, entry, min(count, MOST_ENTRIES)):
            if self._wide:
                kind, _, offset, address, _, size = struct.unpack_from(self._order + "IIQQQQ", record)
            else:
                kind, offset, address, _, size = struct.unpack_from(self._order + "IIIII", record)
            if kind == PT_NOTE and size:
                segments.append((offset, offset + size))
            elif kind == PT_LOAD and size and len(self._loads) < MOST_ENTRIES:
                self._loads.append((address, size, offset))
        # One that lies over another is none that anybody wrote.
        apart, last = set(), 0
        for segment in sorted(segments):
            if segment[0] >= last:
                apart.add(segment)
                last = segment[1]
        for segment in segments:
            if segment in apart:
                apart.remove(segment)
                yield from self._segment(core, *segment)

    def _segment(self, core, at, end):
        end = min(end, self._size)
        while at + 12 <= end:
            # A hole reads as empty notes of 12 bytes each: more than anybody waits for.
            data = self._data(core, at)
            if data - at >= 12:
                at += (data - at) // 12 * 12
                continue
            words = self._bytes(core, at, 12)
            if len(words) < 12:
                return
            owner_size, size, kind = struct.unpack(self._order + "III", words)
            descriptor = at + 12 + (owner_size + 3) // 4 * 4
            owner = self._bytes(core, at + 12, min(owner_size, 12))
            yield owner, kind, descriptor, min(descriptor + size, end)
            at = descriptor + (size + 3) // 4 * 4

    def _bytes(self, core, at, count):
        """The bytes at an offset; fewer where the file ends before."""
        count = min(count, self._size - at)
        return os.pread(core.fileno(), count, at) if count > 0 else b""

    def _data(self, core, at):
        """Where the hole that an offset lies in ends; the offset itself in none."""
        try:
            return os.lseek(core.fileno(), at, os.SEEK_DATA)
        except AttributeError:
            return at
        except OSError as error:
            # ENXIO: nothing but a hole follows.
            return self._size if error.errno == 6 else at

    def _records(self, core, start, size, count):
        """Records of one size that are not in holes, each with its number."""
        count = min(count, max(0, self._size - start) // size)
        index = 0
        while index < count:
            index = max(index, (self._data(core, start + index * size) - start) // size)
            if index >= count:
                return
            window = self._bytes(core, start + index * size, min(WINDOW // size, count - index) * size)
            for at in range(0, len(window) - size + 1, size):
                yield index, window[at:at + size]
                index += 1
            if len(window) < size:
                return

    def _read(self, core, start, end, kind):
        head = self._bytes(core, start, min(32, end - start))
        if len(head) < 32:
            self.is_damaged = True
            return
        version, entry, count, found, due = struct.unpack(self._order + "IIQQQ", head)
        if version != 1 or not 40 <= entry <= 4096 or count > (end - start - 32) // entry:
            self.is_damaged = True
            return
        if kind == "lost":
            self.size_found, self.size_due = found, due
        taken = 0
        for _, record in self._records(core, start + 32, entry, count):
            fields = struct.unpack_from(self._order + "QQQIIII", record)
            # An entry without a length is none that anybody wrote.
            if fields[1] and len(self.ranges) < MOST_ENTRIES:
                self.ranges.append(Range(fields, kind))
                taken += 1
        self.is_damaged = self.is_damaged or taken != count

    def _read_doubts(self, descriptor):
        try:
            if len(descriptor) > MOST_DOUBT:
                raise ValueError
            for doubt in json.loads(descriptor.decode("ascii"))["doubts"][:MOST_DOUBTS]:
                entry = printable(doubt["text"], escaped=True), doubt["damage"] is True
                if entry not in self.doubts and len(self.doubts) < MOST_DOUBTS:
                    self.doubts.append(entry)
        except (ValueError, KeyError, TypeError, RecursionError):
            self.is_damaged = True

    def find(self, address):
        """The range that an address lies in, or None."""
        index = bisect.bisect_right(self._starts, address) - 1
        if index >= 0 and address < self.memory[index].end:
            return self.memory[index]
        return None

    def total(self, kind):
        return sum(r.length for r in self.memory if r.kind == kind)

    def program_here(self, sysroot=""):
        """The program's path below a folder, if the file there has the build-id that the core has."""
        if not self.program or not self.program_id or not self.program.startswith("/"):
            return None
        path = sysroot.rstrip("/") + self.program
        try:
            # A FIFO would be waited for.
            if not os.path.isfile(path):
                return None
            with open(path, "rb") as file:
                found = build_id(lambda at, count: os.pread(file.fileno(), count, at), None)
        except (OSError, OverflowError, struct.error, ValueError):
            return None
        return path if found == self.program_id else None

    def program_needed(self):
        """What to say where no program is open, and none is here."""
        if not self.program:
            return "a debugger needs the program's file to name functions; the core doesn't tell which."
        which = " with build-id " + self.program_id.hex() if self.program_id else ""
        return "a debugger needs %s%s to name functions." % (printable(self.program), which)

    def warning(self):
        """Lines for whoever opens a repaired core."""
        lost = self.total("lost")
        lines = ["This core was cut, and repaired by coresalvage: %s of memory %s lost."
                 % (("1 byte", "is") if lost == 1 else (f"{lost:,} bytes", "are"))]
        if not lost and any(is_damage for _, is_damage in self.doubts):
            lines = ["This core was damaged when coresalvage repaired it, and nothing could mend that."]
        if any(r.index == HEADER_TABLE and r.state != 4 for r in self.ranges if r.kind == "lost"):
            lines.append("Program headers are lost, too: the memory that only they named is not counted.")
        if self.total("rebuilt"):
            lines.append("%s bytes are not from the process: they were rebuilt." %
                         f"{self.total('rebuilt'):,}")
        if any(r.state in (2, 3) for r in self.ranges if r.kind == "lost"):
            lines.append("Zeros that it shows there are none that the process had.")
        for text, is_damage in self.doubts:
            lines.append("%s: %s" % ("It is damaged" if is_damage else "In doubt", text))
        if self.is_damaged:
            lines.append("Its notes are damaged: more may be lost, or rebuilt, than they say.")
        lines.append("`coresalvage lost` lists them.")
        return lines

    def summary(self, limit=200):
        lines = [str(r) for r in self.memory[:limit]]
        if len(self.memory) > limit:
            lines.append("and %d more" % (len(self.memory) - limit))
        for r in self.ranges:
            if not r.is_memory:
                what = "program header table" if r.index == HEADER_TABLE else "notes"
                lines.append("%s: %s bytes at offset %d lost" % (what, f"{r.length:,}", r.offset))
        lines = lines or ["nothing is lost"]
        return lines + [("damaged: " if is_damage else "in doubt: ") + text
                        for text, is_damage in self.doubts]


def printable(text, escaped=False):
    """A path that a stranger chose; or a sentence with such paths, whose backslashes begin escapes."""
    return "".join(c if " " <= c <= "~" and (escaped or c != "\\") else c.encode("unicode_escape").decode() for c in text)


def build_id(read, base):
    """The build-id of an ELF image by `read(offset, count)`: of a file, or where it was mapped at `base`."""
    head = read(0, 64)
    if len(head) < 52 or head[:4] != b"\x7fELF":
        return None
    wide, order = head[4] == 2, ">" if head[5] == 2 else "<"
    table, = struct.unpack_from(order + ("Q" if wide else "I"), head, 32 if wide else 28)
    entry, count = struct.unpack_from(order + "HH", head, 54 if wide else 42)
    if entry != (56 if wide else 32):
        return None
    headers = read(table, entry * count)
    first = None
    notes = []
    for at in range(0, len(headers) - entry + 1, entry):
        if wide:
            kind, _, offset, address, _, size = struct.unpack_from(order + "IIQQQQ", headers, at)
        else:
            kind, offset, address, _, size = struct.unpack_from(order + "IIIII", headers, at)
        if kind == PT_LOAD and first is None:
            first = address - offset
        elif kind == PT_NOTE:
            notes.append((offset, address, min(size, WINDOW)))
    for offset, address, size in notes:
        data = read(offset if base is None else address - (first or 0), size)
        at = 0
        while at + 12 <= len(data):
            owner, length, kind = struct.unpack_from(order + "III", data, at)
            start = at + 12 + (owner + 3) // 4 * 4
            if kind == GNU_BUILD_ID and data[at + 12:at + 16] == b"GNU\0" and start + length <= len(data):
                return data[start:start + length]
            at = start + (length + 3) // 4 * 4
    return None


def words(memory, size, order):
    """The words of a stretch of memory, each with its offset."""
    code = {8: "Q", 4: "I"}[size]
    for at in range(0, len(memory) - size + 1, size):
        yield at, struct.unpack_from(order + code, memory, at)[0]
