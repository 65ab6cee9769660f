"""Reads the notes that coresalvage leaves in a core it repaired: see coresalvage-format(5).

For the debuggers' own Python, whichever version that is; nothing but the standard library.
"""

import bisect
import struct

LOST, REBUILT = 0x53414C01, 0x53414C03
PT_NOTE = 4
HEADER_TABLE = 0xFFFFFFFF
LARGEST_NOTE = 256 << 20

CAUSES = {1: "past the end of the file", 2: "unreadable", 3: "damaged", 4: "named as lost",
          5: "left out on request", 6: "gone before it was read", 7: "zeros taken for lost",
          8: "a damaged note"}
STATES = {1: "dropped", 2: "zero-marked", 3: "padded", 4: "rebuilt"}
MEANS = {1: "link map", 2: "mapped file"}


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
        self.is_repaired = False
        self.size_found = self.size_due = 0
        with open(path, "rb") as core:
            self._size = core.seek(0, 2)
            for kind, descriptor in self._notes(core):
                if kind == LOST:
                    self.is_repaired = True
                    self._read(descriptor, "lost")
                elif kind == REBUILT:
                    self._read(descriptor, "rebuilt")
        memory = sorted((r for r in self.ranges if r.is_memory), key=lambda r: r.start)
        self.memory = memory
        self._starts = [r.start for r in memory]

    def _bytes(self, core, offset, size):
        """As many bytes as there are: offsets and sizes are the core's own."""
        core.seek(min(offset, self._size))
        return core.read(min(size, max(self._size - offset, 0)))

    def _notes(self, core):
        """Our notes, as pairs of type and descriptor."""
        head = self._bytes(core, 0, 64)
        if len(head) < 16 or head[:4] != b"\x7fELF":
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
        headers = self._bytes(core, table, min(count, 1 << 24) * entry)
        for at in range(0, len(headers) - entry + 1, entry):
            if self._wide:
                kind, _, offset, _, _, size = struct.unpack_from(self._order + "IIQQQQ", headers, at)
            else:
                kind, offset, _, _, size = struct.unpack_from(self._order + "IIIII", headers, at)
            if kind == PT_NOTE:
                yield from self._segment(core, offset, offset + size)

    def _segment(self, core, at, end):
        while at + 12 <= end:
            words = self._bytes(core, at, 12)
            if len(words) < 12:
                return
            owner_size, size, kind = struct.unpack(self._order + "III", words)
            descriptor = at + 12 + (owner_size + 3) // 4 * 4
            owner = self._bytes(core, at + 12, min(owner_size, 12))
            if owner == b"CORESALVAGE\0" and size <= LARGEST_NOTE:
                yield kind, self._bytes(core, descriptor, size)
            at = descriptor + (size + 3) // 4 * 4

    def _read(self, descriptor, kind):
        if len(descriptor) < 32:
            return
        version, entry, count, found, due = struct.unpack_from(self._order + "IIQQQ", descriptor)
        if version != 1 or entry < 40:
            return
        if kind == "lost":
            self.size_found, self.size_due = found, due
        count = min(count, (len(descriptor) - 32) // entry)
        for index in range(count):
            fields = struct.unpack_from(self._order + "QQQIIII", descriptor, 32 + index * entry)
            self.ranges.append(Range(fields, kind))

    def find(self, address):
        """The range that an address lies in, or None."""
        index = bisect.bisect_right(self._starts, address) - 1
        if index >= 0 and address < self.memory[index].end:
            return self.memory[index]
        return None

    def total(self, kind):
        return sum(r.length for r in self.memory if r.kind == kind)

    def warning(self):
        """Lines for whoever opens a repaired core."""
        lines = ["This core was cut, and repaired by coresalvage: %s bytes of memory are lost."
                 % f"{self.total('lost'):,}"]
        if self.total("rebuilt"):
            lines.append("%s bytes are not from the process: they were rebuilt." %
                         f"{self.total('rebuilt'):,}")
        if any(r.state in (2, 3) for r in self.ranges if r.kind == "lost"):
            lines.append("Zeros that it shows there are none that the process had.")
        lines.append("`coresalvage lost` lists them.")
        return lines

    def summary(self, limit=200):
        lines = [str(r) for r in self.memory[:limit]]
        if len(self.memory) > limit:
            lines.append("and %d more ranges" % (len(self.memory) - limit))
        for r in self.ranges:
            if not r.is_memory:
                what = "program header table" if r.index == HEADER_TABLE else "notes"
                lines.append("%s: %s bytes at offset %d lost" % (what, f"{r.length:,}", r.offset))
        return lines or ["nothing is lost"]


def words(memory, size, order):
    """The words of a stretch of memory, each with its offset."""
    code = {8: "Q", 4: "I"}[size]
    for at in range(0, len(memory) - size + 1, size):
        yield at, struct.unpack_from(order + code, memory, at)[0]
