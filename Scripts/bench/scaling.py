#!/usr/bin/env python3
"""How time and memory grow: scaling.py COMMAND FOLDER OUT.svg [RUNS]

Runs a coresalvage over inputs that grow in one way each, made in FOLDER, and prints a table: the median of the times, the
most memory, and what one more of whatever grows costs. Draws the same as OUT.svg, with both axes logarithmic, so that a
straight line at 45 degrees is a cost that grows as its cause. Cores of real processes are written by the kernel: core_pattern
must be `core`.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MIB = 1 << 20


def measure(arguments, runs, before=lambda: None, statuses=(0, 1)):
    """The median of the seconds, and the most memory in MiB."""
    times, memory = [], 0
    for _ in range(runs):
        before()
        start = time.monotonic()
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        times.append(time.monotonic() - start)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in statuses:
            sys.exit(f"failed with {process.returncode}: {' '.join(arguments)}")
        memory = max(memory, usage.ru_maxrss / 1024)
    return statistics.median(times), memory


class Bench:
    def __init__(self, command, folder, runs):
        self.command, self.folder, self.runs = command, folder, runs
        self.rows = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, series, unit, count, verb, arguments, before=lambda: None):
        seconds, memory = measure([self.command, *arguments], self.runs, before)
        self.rows.append((series, unit, count, verb, seconds, memory))
        print(f"  {series}, {count} {unit}, {verb}: {seconds:.4f} s, {memory:.1f} MiB", file=sys.stderr)

    def fresh(self, *names):
        def remove():
            for name in names:
                path = self.path(name)
                if os.path.isdir(path):
                    shutil.rmtree(path)
                elif os.path.exists(path):
                    os.remove(path)
        return remove

    def script(self, name, *arguments):
        subprocess.run(["python3", os.path.join(HERE, name), *map(str, arguments)], check=True)

    def program(self, source, name, *flags):
        subprocess.run(["gcc", "-O1", "-o", self.path(name), os.path.join(HERE, source), *flags], check=True)

    def kernel_core(self, name, *arguments):
        """What the kernel writes of a program that crashes."""
        place = self.path("dump")
        os.mkdir(place)
        subprocess.run(["prlimit", "--core=unlimited", *map(str, arguments)], cwd=place, env={},
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        core, = os.listdir(place)
        os.rename(os.path.join(place, core), self.path(name))
        os.rmdir(place)
        size = os.path.getsize(self.path(name))
        os.truncate(self.path(name), size - 100_000)

    # What grows.

    def size(self):
        self.program("hog.c", "hog")
        for gib in (0.25, 1, 4):
            self.kernel_core("in.core", self.path("hog"), int(gib * 1024), "dense")
            subprocess.run(["cat", self.path("in.core")], stdout=subprocess.DEVNULL, check=True)
            for verb, arguments in (("repair", ["-q", self.path("in.core"), self.path("out")]),
                                    ("archive", ["archive", "-q", self.path("in.core"), self.path("out")]),
                                    ("inspect", ["inspect", self.path("in.core")])):
                self.run("size", "GiB", gib, verb, arguments, self.fresh("out"))
            os.remove(self.path("in.core"))

    def segments(self):
        for count in (10, 1000, 100_000, 1_000_000):
            self.script("million.py", self.path("in.core"), count)
            size = os.path.getsize(self.path("in.core"))
            os.truncate(self.path("in.core"), size * 3 // 4)
            self.run("segments", "segments", count, "repair", ["-q", self.path("in.core"), self.path("out")],
                     self.fresh("out"))
            self.run("segments", "segments", count, "inspect", ["inspect", self.path("in.core")])
            os.remove(self.path("in.core"))

    def threads(self):
        for count in (1, 10, 100, 2000):
            self.script("crowd.py", self.path("in.core"), count, max(3000, count + 100), 8)
            os.truncate(self.path("in.core"), 5 << 30)
            self.run("threads", "threads", count, "repair", ["-q", self.path("in.core"), self.path("out")],
                     self.fresh("out"))
            self.run("threads", "threads", count, "inspect", ["inspect", self.path("in.core")])
            os.remove(self.path("in.core"))

    def lost(self):
        self.program("hog.c", "hog")
        self.kernel_core("in.core", self.path("hog"), 512, "dense")
        for count in (1, 100, 10_000, 60_000):
            with open(self.path("map"), "w") as file:
                file.write("0x00000000     ?               1\n")
                position = 0
                for number in range(count):
                    start = 0x100000 + number * 0x2000
                    file.write(f"0x{position:08x} 0x{start - position:08x} +\n0x{start:08x} 0x00001000 -\n")
                    position = start + 0x1000
                size = os.path.getsize(self.path("in.core"))
                file.write(f"0x{position:08x} 0x{size - position:08x} +\n")
            self.run("lost", "lost ranges", count, "repair",
                     ["-q", "--mapfile", self.path("map"), self.path("in.core"), self.path("out")],
                     self.fresh("out"))
            self.run("lost", "lost ranges", count, "dry run",
                     ["-n", "--mapfile", self.path("map"), self.path("in.core")])
        os.remove(self.path("in.core"))

    def libraries(self):
        os.mkdir(self.path("libraries"))
        for number in range(300):
            subprocess.run(["gcc", "-shared", "-fPIC", "-x", "c", "-o", self.path(f"libraries/lib{number}.so"), "-"],
                           input=f"int number{number}(void) {{ return {number}; }}\n".encode(), check=True)
        self.program("libraries.c", "many", "-pthread")
        for count in (1, 10, 300):
            self.kernel_core("in.core", self.path("many"), self.path("libraries"), count, 20)
            self.run("libraries", "libraries", count, "repair", ["-q", self.path("in.core"), self.path("out")],
                     self.fresh("out"))
            self.run("libraries", "libraries", count, "inspect", ["inspect", self.path("in.core")])
            os.remove(self.path("in.core"))
        shutil.rmtree(self.path("libraries"))

    def jobs(self):
        self.program("hog.c", "hog")
        self.kernel_core("seed.core", self.path("hog"), 1, "dense")
        os.mkdir(self.path("small"))
        for number in range(2000):
            shutil.copyfile(self.path("seed.core"), self.path(f"small/core.{number}"))
        for count in (1, 2, 4):
            self.run("jobs", "jobs", count, "batch of 2,000",
                     ["batch", "-q", "--jobs", str(count), self.path("small"), "-o", self.path("out")],
                     self.fresh("out"))
        shutil.rmtree(self.path("small"))


def table(rows):
    print("what grows\tcount\tverb\tseconds\tMiB\teach more")
    last = {}
    for series, unit, count, verb, seconds, memory in rows:
        before = last.get((series, verb))
        each = "-"
        if before and series != "jobs":
            each = f"{(seconds - before[1]) / (count - before[0]) * 1e6:.2f} us"
            if series == "size":
                each = f"{(seconds - before[1]) / (count - before[0]):.3f} s"
        last[(series, verb)] = (count, seconds)
        print(f"{unit}\t{count}\t{verb}\t{seconds:.4f}\t{memory:.1f}\t{each}")


def draw(rows, path):
    import matplotlib
    matplotlib.use("svg")
    # The same figures give the same file.
    matplotlib.rcParams["svg.hashsalt"] = "coresalvage"
    from matplotlib import pyplot
    names = list(dict.fromkeys(row[0] for row in rows))
    figure, axes = pyplot.subplots(2, len(names), figsize=(3.2 * len(names), 6), squeeze=False)
    for column, name in enumerate(names):
        for verb in dict.fromkeys(row[3] for row in rows if row[0] == name):
            points = [row for row in rows if row[0] == name and row[3] == verb]
            for line, value in ((0, 4), (1, 5)):
                axes[line][column].plot([row[2] for row in points], [row[value] for row in points], "o-", label=verb)
        for line, label in ((0, "seconds"), (1, "MiB at the most")):
            axis = axes[line][column]
            axis.set_xscale("log")
            axis.set_yscale("log")
            axis.set_xlabel([row[1] for row in rows if row[0] == name][0])
            axis.grid(True, which="major", alpha=0.3)
            if column == 0:
                axis.set_ylabel(label)
        axes[0][column].legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main(command, folder, picture, runs=3):
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    bench = Bench(command, folder, int(runs))
    for series in (bench.size, bench.segments, bench.threads, bench.lost, bench.libraries, bench.jobs):
        series()
    table(bench.rows)
    draw(bench.rows, picture)


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    main(*sys.argv[1:])
