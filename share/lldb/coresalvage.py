"""For lldb: a warning where a repaired core is opened, and the command `coresalvage lost`.

lldb has no folder that it loads from for everyone; one line in ~/.lldbinit does it for a user:
command script import /usr/share/coresalvage/lldb/coresalvage.py
"""

import os
import shlex
import sys
import threading

import lldb

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
import coresalvage_notes  # noqa: E402

sys.path.pop(0)

STACK_BYTES = 64 << 10
MOST_LINES = 100


def core_path(target):
    """The core that a target was opened with, or None."""
    process = target.GetProcess()
    if not process.IsValid():
        return None
    core = process.GetCoreFile() if hasattr(process, "GetCoreFile") else None
    if core is not None and core.IsValid():
        return os.path.join(core.GetDirectory() or "", core.GetFilename() or "")
    return None


def record_of(target):
    path = core_path(target)
    return coresalvage_notes.Record(path) if path else None


def cores_to_come(words):
    """The cores that a command line of lldb opens: with -b it ends before anybody could look for them."""
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else ""
        if word in ("-c", "--core"):
            yield following
        elif word.startswith("--core="):
            yield word[len("--core="):]
        elif word in ("-o", "-O", "--one-line", "--one-line-before-file"):
            try:
                command = shlex.split(following)
            except ValueError:
                continue
            if command[:2] == ["target", "create"]:
                yield from cores_to_come(command[2:])


def command_line():
    try:
        with open("/proc/self/cmdline", "rb") as file:
            return [os.fsdecode(word) for word in file.read().split(b"\0")[1:]]
    except OSError:
        return []


def watch(debugger, warned):
    """Warns where a repaired core is opened later. lldb tells nobody of a core, and runs no stop hook for it: so this looks
    every second, and at once where lldb tells of the progress that it makes with files."""
    listener = lldb.SBListener("coresalvage")
    listener.StartListeningForEvents(debugger.GetBroadcaster(), lldb.SBDebugger.eBroadcastBitProgress)
    while True:
        listener.WaitForEvent(1, lldb.SBEvent())
        for index in range(debugger.GetNumTargets()):
            warn(core_path(debugger.GetTargetAtIndex(index)), warned)


def warn(path, warned):
    if not path or os.path.realpath(path) in warned:
        return
    warned.add(os.path.realpath(path))
    try:
        record = coresalvage_notes.Record(path)
    except OSError:
        return
    if record.is_repaired:
        sys.stderr.write("".join("coresalvage: %s\n" % line for line in record.warning()))
        sys.stderr.flush()


def coresalvage(debugger, command, exe_ctx, result, _internal_dict):
    """What coresalvage says of a core that it repaired: coresalvage lost [CORE]"""
    words = command.split(None, 1)
    if not words or words[0] != "lost":
        result.SetError("usage: coresalvage lost [CORE]")
        return
    target = exe_ctx.GetTarget()
    path = words[1].strip() if len(words) > 1 else core_path(target)
    if not path:
        result.SetError("lldb doesn't tell which core is open: coresalvage lost CORE")
        return
    try:
        record = coresalvage_notes.Record(path)
    except OSError as error:
        result.SetError(str(error))
        return
    if not record.is_repaired:
        result.SetError("this core has none of coresalvage's notes")
        return
    for line in record.summary():
        result.AppendMessage(line)
    found = list(pointers(record, target))
    result.AppendMessage("\n%d registers and stack slots point there%s" % (
        len(found), ":" if found else "."))
    for line in found[:MOST_LINES]:
        result.AppendMessage("  " + line)
    if len(found) > MOST_LINES:
        result.AppendMessage("  and %d more" % (len(found) - MOST_LINES))


def pointers(record, target):
    process = target.GetProcess()
    order = ">" if process.GetByteOrder() == lldb.eByteOrderBig else "<"
    size = process.GetAddressByteSize()
    for thread in process:
        frame = thread.GetFrameAtIndex(0)
        sets = frame.GetRegisters()
        for register in sets.GetValueAtIndex(0) if sets.GetSize() else []:
            value = register.GetValueAsUnsigned()
            where = record.find(value)
            if where:
                yield "thread %d, $%s = 0x%x: %s" % (
                    thread.GetThreadID(), register.GetName(), value, where.kind)
        pointer = frame.GetSP()
        for at, value in coresalvage_notes.words(stack(process, pointer), size, order):
            where = record.find(value)
            if where:
                yield "thread %d, stack slot 0x%x = 0x%x: %s" % (
                    thread.GetThreadID(), pointer + at, value, where.kind)


def stack(process, pointer):
    """The bytes from the stack pointer up, as many as are there."""
    size = STACK_BYTES
    while size >= 64:
        error = lldb.SBError()
        memory = process.ReadMemory(pointer, size, error)
        if error.Success() and memory:
            return bytes(memory)
        size //= 2
    return b""


def __lldb_init_module(debugger, _internal_dict):
    debugger.HandleCommand("command script add -o -f coresalvage.coresalvage coresalvage")
    warned = set()
    for path in cores_to_come(command_line()):
        warn(path, warned)
    threading.Thread(target=watch, args=(debugger, warned), daemon=True).start()
