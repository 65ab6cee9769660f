#!/usr/bin/env python3
"""Measures what post-mortem tools make of whole cores on a machine that has none of the process's files.

  travel.py [-v] ROOT [PROGRAM...]

Programs of several kinds crash here, and the kernel writes their cores. The other machine is the tree below
ROOT, of another release, so that even its libc is not the process's; its tools run there by chroot, and get
the core alone, as it is and as `coresalvage --with-files all` makes it; and the latter with the files that it
had mapped, laid out as a root. A frame of the whole core here, with
all files, is walked where the tool finds its program counter in the thread, in the order of the frames, and named
where it has the same function too. Other is another name there, or a named frame that is none here: an alias, or
the nearest exported function, where the separate debug files that are here tell more. Inlined functions, of which
only the files tell, are frames here.

Prints for each program and tool: the frames here, and walked/named of them there.
CORESALVAGE_BINARY names the executable. Needs root, and kernel.core_pattern `core`.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import readers

PROGRAMS = ["c", "c++", "plugins", "python", "musl", "java"]


def is_nameless(name):
    # drgn has the address for a name, and lldb a number.
    return name in ("??", "???", "None") or name.startswith(("0x", "___lldb_unnamed"))


def ask(kind, command, core, folder, beside=None):
    """What a tool tells of a core; `beside` is the folder of files and the program in it, or nothing."""
    if kind == "gdb":
        script = os.path.join(folder, "walk.py")
        root = ["-iex", f"set sysroot {beside[0]}", beside[1]] if beside else []
        text, ending = readers.run(
            [*command, "-nx", "-batch", "-iex", "set debuginfod enabled off", *root, "-x", script, "-c", core])
        return readers.Answer(readers.walked(text), ending)
    if kind == "drgn":
        files = [word for file in beside[2] for word in ("-s", file)] if beside else []
        text, ending = readers.run([*command, "-q", "-c", core, *files, "-e", readers.DRGN_WALK])
        return readers.Answer(readers.walked(text), ending)
    if kind == "eu-stack":
        root = [f"--sysroot={beside[0]}"] if beside else []
        return readers.ask_eu_stack([*command, *root], beside[1] if beside else "/nonexistent", core)
    raise ValueError(kind)


class Far:
    """The other machine."""

    FOLDER = "/travel"

    def __init__(self, root):
        self.root = root
        shutil.rmtree(root + self.FOLDER, ignore_errors=True)
        os.makedirs(root + self.FOLDER)
        with open(root + self.FOLDER + "/walk.py", "w") as script:
            script.write(readers.GDB_WALK)

    def has(self, name):
        return subprocess.run(["chroot", self.root, "sh", "-c", f"command -v {name}"],
                              stdout=subprocess.DEVNULL).returncode == 0

    def command(self, name):
        return ["chroot", self.root, name]

    def release(self, name):
        done = subprocess.run([*self.command(name), "--version"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        told = (done.stdout + done.stderr).decode(errors="replace").splitlines()
        found = re.findall(r"\d+\.\d+(?:\.\d+)*", re.sub(r"\(.*?\)", "", told[0]) if told else "")
        return found[0] if found else ""

    def take(self, core):
        """Its path there."""
        shutil.copyfile(core, self.root + self.FOLDER + "/core")
        return self.FOLDER + "/core"

    def take_files(self, program, core):
        """A root with the files that a core names, the program in it, and all of them."""
        said = subprocess.run([readers.BINARY, "inspect", "--json", core], stdout=subprocess.PIPE).stdout
        paths = [os.path.realpath(program)]
        paths += [module["path"] for module in json.loads(said)["modules"] if os.path.isfile(module["path"])]
        root = self.FOLDER + "/root"
        for path in paths:
            os.makedirs(os.path.dirname(self.root + root + path), exist_ok=True)
            shutil.copyfile(path, self.root + root + path)
        # The link map has names with links in them.
        for name in ("lib", "lib64"):
            if not os.path.lexists(f"{self.root}{root}/{name}"):
                os.symlink("usr/" + name, f"{self.root}{root}/{name}")
        loader = self.root + root + "/usr/lib64"
        os.makedirs(loader, exist_ok=True)
        if not os.path.lexists(loader + "/ld-linux-x86-64.so.2"):
            os.symlink("../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", loader + "/ld-linux-x86-64.so.2")
        return root, root + paths[0], [root + path for path in dict.fromkeys(paths)]


def ask_lldb(command, core, real_core, beside=None):
    words = [f"target create -c '{core}'", "thread backtrace all"]
    if beside:
        words = [f"platform select --sysroot {beside[0]} remote-linux", f"target create -c '{core}' '{beside[1]}'", words[1]]
    text, ending = readers.run([*command, "-b", "-x", *(word for line in words for word in ("-o", line))])
    order, threads, frames = readers.Core(real_core).threads, {}, None
    for line in text.splitlines():
        found = re.match(r"[* ]+thread #(\d+)", line)
        if found and int(found[1]) <= len(order):
            frames = threads.setdefault(order[int(found[1]) - 1], [])
        found = re.match(r"\s+\*? *frame #\d+: (0x[0-9a-f]+)(?: ([^`]+)`(.*))?", line)
        if found and frames is not None:
            name = re.sub(r"( \+ \d+)?( at .*)?$", "", found[3]) if found[3] else "??"
            frames.append((re.sub(r"\(.*", "", name), int(found[1], 16), 0))
    return readers.Answer(threads, ending)


def plain(name):
    """The function without what one tool says of it and another doesn't: versions, arguments, clones."""
    return re.sub(r"[@(<].*|\.(isra|part|constprop|cold).*| \[.*", "", name or "??").strip()


def compare(home, away, tell):
    """How many frames there are here, and are walked, named and wrong there."""
    total = walked = named = wrong = 0
    for tid, frames in home.threads.items():
        total += len(frames)
        next_one = 0
        for index, (name, pc, _) in enumerate(away.threads.get(tid, [])):
            place = next((at for at in range(next_one, len(frames)) if frames[at][1] == pc), None)
            if place is None:
                if not is_nameless(name):
                    wrong += 1
                    tell(f"thread {tid} frame {index}: {name} at {pc:#x} is none")
                continue
            next_one = place + 1
            walked += 1
            if is_nameless(name):
                continue
            due = frames[place][0]
            if is_nameless(due) or plain(due) == plain(name):
                named += 1
            else:
                wrong += 1
                tell(f"thread {tid} frame {index}: {name}, which is {due}")
    return total, walked, named, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-v", action="store_true", help="what is wrong, frame by frame")
    parser.add_argument("root")
    parser.add_argument("programs", nargs="*")
    options = parser.parse_args()
    far = Far(options.root)
    lldb = next((name for name in ("lldb", "lldb-19") if far.has(name)), "lldb")
    names = {"gdb": "gdb", "lldb": lldb, "eu-stack": "eu-stack", "drgn": "drgn"}
    tools = {kind: name for kind, name in names.items() if far.has(name)}
    for kind in names.keys() - tools.keys():
        print(f"left out: no {kind} there", file=sys.stderr)
    readers.FOLDER = tempfile.mkdtemp()
    try:
        with open(os.path.join(readers.FOLDER, "walk.py"), "w") as script:
            script.write(readers.GDB_WALK)
        print("program\ttool there\tframes here\tcore alone\twith --with-files all\tfiles beside it")
        for name in options.programs or PROGRAMS:
            try:
                program, core = readers.make(name)
            except (OSError, subprocess.CalledProcessError) as error:
                print(f"left out: {name}: {error}", file=sys.stderr)
                continue
            full = os.path.join(readers.FOLDER, "full.core")
            said = subprocess.run([readers.BINARY, "--force", "--with-files", "all", core, full], check=True,
                                  stdout=subprocess.PIPE).stdout.decode()
            print(f"{name}: {os.path.getsize(core)} and {os.path.getsize(full)} bytes; " + next(
                (line.strip() for line in said.splitlines() if line.startswith("  added")), "nothing added"),
                file=sys.stderr)
            files = far.take_files(program, core)
            for kind, command in tools.items():
                here = readers.Tool(kind)
                home = (here if here.is_here else readers.Tool("gdb")).ask(program, core)
                row = []
                for path, beside in (core, None), (full, None), (full, files):
                    place, words = far.take(path), far.command(command)
                    away = (ask_lldb(words, place, path, beside) if kind == "lldb"
                            else ask(kind, words, place, far.FOLDER, beside))
                    def tell(words):
                        if options.v:
                            print(f"  {name}, {kind}, {os.path.basename(path)}: {words}", file=sys.stderr)
                    total, walked, named, wrong = compare(home, away, tell)
                    ending = f" ({away.ending})" if away.ending else ""
                    row.append(f"{walked}/{named}" + (f", {wrong} other" if wrong else "") + ending)
                print(f"{name}\t{kind} {far.release(command)}\t{total}\t" + "\t".join(row), flush=True)
    finally:
        shutil.rmtree(readers.FOLDER)
        shutil.rmtree(far.root + far.FOLDER, ignore_errors=True)


if __name__ == "__main__":
    main()
