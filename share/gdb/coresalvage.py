"""For gdb: a warning where a repaired core is opened, and the command `coresalvage lost`.

gdb loads it by itself from its system-gdbinit-dir (see `gdb --configuration`): /etc/gdb/gdbinit.d on Debian.
By hand: source /usr/share/coresalvage/gdb/coresalvage.py
"""

import os
import re
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
import coresalvage_notes  # noqa: E402

sys.path.pop(0)

# Of each thread's stack, so many bytes are searched for pointers.
STACK_BYTES = 64 << 10
MOST_LINES = 100


def core_path():
    """The core that is open, or None."""
    try:
        text = gdb.execute("info files", to_string=True)
    except gdb.error:
        return None
    found = re.search(r"Local core dump file:\s+[`'](.*)', file type", text)
    return found.group(1) if found else None


class Records:
    """The record of the core that is open: read once for each file."""

    def __init__(self):
        self.key = None
        self.record = None

    def current(self):
        path = core_path()
        if path is None:
            self.key = self.record = None
            return None
        try:
            status = os.stat(path)
            key = (path, status.st_ino, status.st_mtime_ns)
            if key != self.key:
                self.key = key
                self.record = coresalvage_notes.Record(path)
                if self.record.is_repaired:
                    for line in self.record.warning():
                        gdb.write("coresalvage: %s\n" % line)
        except OSError as error:
            gdb.write("coresalvage: %s\n" % error)
            self.record = None
        return self.record


RECORDS = Records()
_asked = False


def _look(_event=None):
    # A core's threads appear all at once: one look is enough until the next prompt.
    global _asked
    if not _asked:
        _asked = True
        RECORDS.current()


def _prompt():
    global _asked
    _asked = False
    RECORDS.current()
    _asked = True


def _cleared(_event):
    global _asked
    _asked = False


gdb.events.new_thread.connect(_look)
gdb.events.before_prompt.connect(_prompt)
gdb.events.clear_objfiles.connect(_cleared)


class Coresalvage(gdb.Command):
    """What coresalvage says of a core that it repaired."""

    def __init__(self):
        super().__init__("coresalvage", gdb.COMMAND_DATA, prefix=True)


class CoresalvageLost(gdb.Command):
    """List lost and rebuilt memory, and which registers and stack slots point into it.

coresalvage lost"""

    def __init__(self):
        super().__init__("coresalvage lost", gdb.COMMAND_DATA)

    def invoke(self, _argument, _from_tty):
        record = RECORDS.current()
        if record is None:
            raise gdb.GdbError("No core is open.")
        if not record.is_repaired:
            raise gdb.GdbError("This core has none of coresalvage's notes.")
        for line in record.summary():
            gdb.write(line + "\n")
        pointers = list(self.pointers(record))
        gdb.write("\n%d registers and stack slots point there%s\n" % (
            len(pointers), ":" if pointers else "."))
        for line in pointers[:MOST_LINES]:
            gdb.write("  %s\n" % line)
        if len(pointers) > MOST_LINES:
            gdb.write("  and %d more\n" % (len(pointers) - MOST_LINES))

    def pointers(self, record):
        before = gdb.selected_thread()
        try:
            for thread in sorted(gdb.selected_inferior().threads(), key=lambda t: t.num):
                thread.switch()
                yield from self.of_thread(record, thread.ptid[1] or thread.ptid[2])
        finally:
            if before is not None and before.is_valid():
                before.switch()

    def of_thread(self, record, number):
        frame = gdb.newest_frame()
        architecture = frame.architecture()
        for register in architecture.registers("general"):
            try:
                value = int(frame.read_register(register)) & 0xFFFFFFFFFFFFFFFF
            except (gdb.error, ValueError, TypeError):
                continue
            found = record.find(value)
            if found:
                yield "thread %d, $%s = 0x%x: %s" % (number, register, value, found.kind)
        pointer = int(gdb.parse_and_eval("(unsigned long)$sp"))
        size = gdb.lookup_type("long").sizeof if "64" in architecture.name() else (
            gdb.parse_and_eval("$sp").type.sizeof)
        order = ">" if "big" in gdb.execute("show endian", to_string=True) else "<"
        for at, value in coresalvage_notes.words(self.stack(pointer), size, order):
            found = record.find(value)
            if found:
                yield "thread %d, stack slot 0x%x = 0x%x: %s" % (
                    number, pointer + at, value, found.kind)

    def stack(self, pointer):
        """The bytes from the stack pointer up, as many as are there."""
        inferior = gdb.selected_inferior()
        size = STACK_BYTES
        while size >= 64:
            try:
                return bytes(inferior.read_memory(pointer, size))
            except gdb.error:
                size //= 2
        return b""


Coresalvage()
CoresalvageLost()
