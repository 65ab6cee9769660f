"""For gdb: a warning where a repaired core is opened, the program that it wants, and the command `coresalvage lost`.

gdb loads it by itself from its system-gdbinit-dir (see `gdb --configuration`): /etc/gdb/gdbinit.d on Debian.
By hand: source /usr/share/coresalvage/gdb/coresalvage.py
"""

import os
import re
import shutil
import sys
import tempfile

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
        self.is_told = True

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
                self.is_told = not self.record.is_repaired
                if not self.is_told:
                    LINK.set(self.record)
        except OSError as error:
            gdb.write("coresalvage: %s\n" % error)
            self.record = None
        return self.record

    def tell(self):
        """Says once what the core is: last, after all that gdb says of it."""
        record = self.current()
        LINK.remove()
        if record is None or self.is_told:
            return
        self.is_told = True
        lines = self.record.warning()
        if not gdb.current_progspace().filename:
            lines.append(self.program_here() + " gdb didn't open it: name it before the core." if LINK.path
                         else self.record.program_needed())
        elif LINK.path:
            lines.append(self.program_here())
        if lacks_thread_library():
            lines.append("gdb may have warned that libthread_db can't be used: the data of libc that it reads is lost.")
            lines.append("Nothing else needs it: all threads are listed, by their LWP.")
        for line in lines:
            gdb.write("coresalvage: %s\n" % line)

    def program_here(self):
        return "The program is %s: its build-id is the core's." % coresalvage_notes.printable(LINK.path)


class ProgramLink:
    """Leads gdb to the program of a core that is being opened.

    gdb looks for one by its build-id in `.build-id` below the folders of debug-file-directory, while it opens the core. So
    for that moment there is a link of that name.
    """

    def __init__(self):
        self.folder = self.before = self.path = None

    def set(self, record):
        sysroot = gdb.parameter("sysroot") or ""
        sysroot = "" if sysroot.startswith("target:") else sysroot
        self.path = None
        path = None if self.folder or gdb.current_progspace().filename else record.program_here(sysroot)
        if path is None:
            return
        try:
            name = record.program_id.hex()
            self.folder = tempfile.mkdtemp(prefix="coresalvage-")
            os.makedirs(os.path.join(self.folder, ".build-id", name[:2]))
            os.symlink(os.path.abspath(path), os.path.join(self.folder, ".build-id", name[:2], name[2:]))
        except OSError as error:
            gdb.write("coresalvage: %s\n" % error)
            return self.remove()
        self.path = path
        self.before = gdb.parameter("debug-file-directory") or ""
        folders = (self.before + ":" if self.before else "") + self.folder
        gdb.execute("set debug-file-directory " + folders, to_string=True)

    def remove(self):
        if self.before is not None:
            gdb.execute("set debug-file-directory " + self.before, to_string=True)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder = self.before = None


LINK = ProgramLink()


def lacks_thread_library():
    """Whether gdb knows the threads of a program with libc by their LWP alone."""
    try:
        names = [os.path.basename(o.filename or "") for o in gdb.objfiles()]
        row = gdb.execute("info threads 1", to_string=True)
    except gdb.error:
        return False
    return any(n.startswith(("libc.so", "libc-", "libpthread")) for n in names) and "LWP" in row and (
        "Thread 0x" not in row)


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
    RECORDS.tell()
    _asked = True


def _exiting(_event):
    # With -batch there is no prompt.
    RECORDS.tell()


def _cleared(_event):
    global _asked
    _asked = False


gdb.events.new_thread.connect(_look)
gdb.events.before_prompt.connect(_prompt)
if hasattr(gdb.events, "gdb_exiting"):
    gdb.events.gdb_exiting.connect(_exiting)
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


def _define():
    """Defines the commands. What of their name was short for another command before, as `core` is for core-file, stays so."""
    name = "coresalvage"
    complete = "with max-completions 200 -- complete "
    shorts = {name[:size]: gdb.execute(complete + name[:size], to_string=True).splitlines()
              for size in range(1, len(name))}
    Coresalvage()
    CoresalvageLost()
    for short, meant in shorts.items():
        if len(meant) == 1 and meant[0] not in (short, name):
            try:
                gdb.execute("alias -a %s = %s" % (short, meant[0]), to_string=True)
            except gdb.error:
                # There is one of that name, which completion leaves out.
                pass


def _open_anew():
    """A core that was open before this was read had no link that leads to its program: it is opened once more."""
    if RECORDS.current() is None or LINK.path is None:
        return
    path = core_path()
    # A name is a part of a command here: of one that gdb would read as more than a name, it is better not opened.
    if not path.isprintable() or any(character in path for character in " \"'\\"):
        return
    try:
        gdb.execute("core-file " + path)
    except gdb.error as error:
        gdb.write("coresalvage: %s\n" % error)


_define()
_open_anew()
