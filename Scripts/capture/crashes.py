"""What trials.py and ../bench/capture.py share: victims that crash, a daemon that captures them, core_pattern meanwhile."""

import fcntl, os, pathlib, signal, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent
LOCK = "/tmp/coresalvage-test-settings.lock"


class Pattern:
    """core_pattern for the length of a `with`."""

    def __init__(self, pattern):
        self.wanted = {"core_pattern": pattern, "core_pipe_limit": "16"}

    def __enter__(self):
        self.lock = open(LOCK, "w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.before = {}
        for name, value in self.wanted.items():
            path = pathlib.Path("/proc/sys/kernel") / name
            self.before[name] = path.read_text()
            path.write_text(value)

    def __exit__(self, *unused):
        for name, value in self.before.items():
            (pathlib.Path("/proc/sys/kernel") / name).write_text(value)
        self.lock.close()


class Daemon:
    def __init__(self, command, folder, extra):
        self.socket, self.store = folder / "socket", folder / "store"
        self.store.mkdir(exist_ok=True)
        self.arguments = [command, "capture", "serve", "--socket", self.socket, "--store", self.store, *extra]
        self.start()

    def start(self):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(self.arguments, stdout=subprocess.PIPE, stderr=self.log, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def cores(self):
        return sorted(self.store.glob("*.core"))

    def core(self, patience=30):
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if found := self.cores():
                return found[0]
            time.sleep(0.005)

    def clear(self):
        for path in self.store.iterdir():
            path.unlink()


def cgroup_root():
    for line in open("/proc/mounts"):
        words = line.split()
        if words[2] == "cgroup2":
            return pathlib.Path(words[1])
    sys.exit("no cgroup v2 is mounted")


class Victim:
    def __init__(self, program, folder, threads, size, number):
        self.list = folder / "list"
        self.list.unlink(missing_ok=True)
        self.cgroup = cgroup_root() / f"coresalvage-trial-{os.getpid()}-{number}"
        self.cgroup.mkdir()
        procs = str(self.cgroup / "cgroup.procs")
        self.process = subprocess.Popen(
            [program, str(threads), str(size), self.list], cwd=folder,
            preexec_fn=lambda: open(procs, "w").write("0"))
        while not self.list.exists():
            assert self.process.poll() is None
            time.sleep(0.01)

    def crash(self):
        os.kill(self.process.pid, signal.SIGSEGV)

    def hit(self, kind):
        """Returns who the sender is, as far as we know."""
        if kind == "kill":
            sender = subprocess.Popen(["/bin/kill", "-9", str(self.process.pid)], stderr=subprocess.DEVNULL)
            sender.wait()
            return sender.pid
        if kind == "pidfd":
            descriptor = os.pidfd_open(self.process.pid)
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            os.close(descriptor)
        if kind == "cgroup":
            (self.cgroup / "cgroup.kill").write_text("1")
        if kind == "freeze":
            (self.cgroup / "cgroup.freeze").write_text("1")
            return None
        return os.getpid()

    def end(self):
        if (self.cgroup / "cgroup.freeze").exists():
            (self.cgroup / "cgroup.freeze").write_text("0")
        self.process.wait()
        for _ in range(200):
            try:
                self.cgroup.rmdir()
                return
            except OSError:
                time.sleep(0.01)


def build_victim(folder):
    program = folder / "victim"
    subprocess.run(["cc", "-O1", "-g", "-pthread", "-o", program, HERE / "victim.c"], check=True)
    return program
