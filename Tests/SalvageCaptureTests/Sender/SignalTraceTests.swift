import CoreModel
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import SalvageCapture

/// Real kills on a real kernel. Each script prints, for each of its victims: its id, what kind of kill, and the senders as
/// NAME/ID, first the one who sent it; 0 for an id that the script can't know.
@Suite(
  "Who sent a kill", .serialized, .needs(.root, .path("/sys/kernel/tracing/instances")))
struct SignalTraceTests {
  private func expectNamed(_ script: String, count: Int) throws {
    let trace = try #require(SignalTrace())
    defer { trace.stop() }
    trace.waitUntilReady()
    let start = now()
    let result = try Tool("bash", ["-c", "exec 2>/dev/null; " + script]).run()
    let lines = result.text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(lines.count == count, "\(result)")
    var nameless = 0
    for words in lines {
      let victim = try #require(words.first.flatMap { UInt32($0) })
      let kill = trace.kill(of: victim, since: start, until: now())
      #expect(kill?.kind.rawValue == words[1], "\(words)")
      let senders = kill?.senders ?? []
      let wanted = words.dropFirst(2).map { $0.split(separator: "/") }
      #expect(
        senders.count == wanted.count,
        "\(words) \(senders.map { String(decoding: $0.name, as: UTF8.self) })")
      for (sender, wanted) in zip(senders, wanted) {
        let name = String(decoding: sender.name, as: UTF8.self)
        // A wrong name would be worse than none.
        if name.isEmpty { nameless += 1 } else { #expect(name == wanted[0], "\(words)") }
        if wanted[1] != "0" { #expect(String(sender.processID) == wanted[1], "\(words)") }
      }
    }
    #expect(nameless <= count / 5, "\(nameless) without a name")
    let stranger = trace.kill(of: UInt32(getpid()), since: start, until: now())
    #expect(stranger == nil)
  }

  private func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  @Test("a shell's own kill is the shell's, 50 of 50")
  func builtin() throws {
    try expectNamed(
      "for i in {1..50}; do sleep 99 & v=$!; kill -9 $v; wait $v; echo $v signal bash/$$; done",
      count: 50)
  }

  @Test("kill(1), gone at once, is named, 50 of 50")
  func killCommand() throws {
    try expectNamed(
      """
      for i in {1..50}; do sleep 99 & v=$!; /bin/kill -9 $v & k=$!; wait $v; wait $k
        echo $v signal kill/$k; done
      """, count: 50)
  }

  @Test("timeout(1), which kills itself by the same signal, is named", .needs(.tool("timeout")))
  func timeoutCommand() throws {
    try expectNamed(
      """
      for i in {1..10}; do timeout -s KILL 0.2 sh -c 'echo $$; exec sleep 99' >/tmp/v.$$ & t=$!
        wait $t; echo $(cat /tmp/v.$$) signal timeout/$t; done; rm /tmp/v.$$
      """, count: 10)
  }

  @Test("a signal by a pidfd, and from a thread, is its process's, 50 of 50")
  func pidfd() throws {
    let python = """
      import os, signal, subprocess, threading
      for i in range(50):
          v = subprocess.Popen(['sleep', '99'])
          fd = os.pidfd_open(v.pid)
          kill = lambda: signal.pidfd_send_signal(fd, 9)
          if i % 2: kill()
          else:
              t = threading.Thread(target=kill); t.start(); t.join()
          v.wait(); os.close(fd)
          print(v.pid, 'signal', 'python3/%d' % os.getpid())
      """
    try expectNamed("exec python3 -c \"\(python)\"", count: 50)
  }

  @Test("cgroup.kill is told from kill(2), 50 of 50", .needs(.path("/sys/fs/cgroup/unified")))
  func cgroup() throws {
    try expectNamed(
      """
      c=/sys/fs/cgroup/unified/coresalvage-test.$$
      for i in {1..25}; do mkdir $c; sleep 99 & v=$!; sleep 98 & w=$!
        echo $v >$c/cgroup.procs; echo $w >$c/cgroup.procs; echo 1 >$c/cgroup.kill; wait $v $w
        echo $v cgroup bash/$$; echo $w cgroup bash/$$
        until rmdir $c; do sleep 0.01; done; done
      """, count: 50)
  }

  @Test(
    "the OOM killer is told apart", .needs(.path("/sys/fs/cgroup/memory/memory.limit_in_bytes")))
  func outOfMemory() throws {
    try expectNamed(
      """
      c=/sys/fs/cgroup/memory/coresalvage-test.$$; mkdir $c; echo 20M >$c/memory.limit_in_bytes
      for i in {1..10}; do
        sh -c 'echo $$ >'$c'/cgroup.procs; exec python3 -c "x = b\\"a\\" * 100000000"' & v=$!; wait $v
        echo $v oom python3/$v; done
      until rmdir $c; do sleep 0.01; done
      """, count: 10)
  }

  @Test(
    "the end of a namespace's init is told, with who killed that, 25 of 25",
    .needs(.tool("unshare")))
  func namespace() throws {
    try expectNamed(
      """
      for i in {1..25}; do unshare --pid --fork sh -c 'sleep 99 & wait' & u=$!
        until i=$(cat /proc/$u/task/$u/children) && [ "$i" ]; do sleep 0.01; done; i=${i% }
        until v=$(cat /proc/$i/task/$i/children) && [ "$v" ]; do sleep 0.01; done; v=${v% }
        kill -9 $i; wait $u; echo $v namespace sh/$i bash/$$; done
      """, count: 25)
  }

  @Test("who killed the killer is told, too")
  func chain() throws {
    try expectNamed(
      """
      for i in {1..10}; do unshare --fork --kill-child sleep 99 & u=$!
        until v=$(cat /proc/$u/task/$u/children) && [ "$v" ]; do sleep 0.01; done; v=${v% }
        until [ "$(cat /proc/$v/comm)" = sleep ]; do sleep 0.01; done
        kill -9 $u; wait $u; echo $v signal unshare/$u bash/$$; done
      """, count: 10)
  }

  @Test("names of strangers with brackets, line ends and fields in them hide nobody")
  func hostileNames() throws {
    let python = #"""
      import ctypes, os, signal, sys
      libc = ctypes.CDLL(None)
      names = [b'a) b-1 (1) [x]', b'x\ny pid=1 grp=', b' pid=1 res=0', b'\n\n\n', b'-1 [0] d: 1.2:']
      for i in range(20):
          v = os.fork()
          if v == 0:
              libc.prctl(15, names[i % 5], 0, 0, 0); signal.pause()
          k = os.fork()
          if k == 0:
              libc.prctl(15, names[i // 5 % 5], 0, 0, 0); os.kill(v, 9); os._exit(0)
          os.waitpid(k, 0); os.waitpid(v, 0); print(v, k)
      """#
    let trace = try #require(SignalTrace())
    defer { trace.stop() }
    trace.waitUntilReady()
    let start = now()
    let result = try Tool("python3", ["-c", python]).runSuccessfully()
    let pairs = result.text.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(pairs.count == 20)
    for pair in pairs {
      let kill = trace.kill(of: try #require(UInt32(pair[0])), since: start, until: now())
      #expect(kill?.kind == .signal)
      #expect((kill?.senders.first?.processID).map(String.init) == String(pair[1]))
    }
  }

  @Test("what a killed one of us left is taken over, and two live beside each other")
  func stale() throws {
    let place = "/sys/kernel/tracing/instances"
    mkdir("\(place)/coresalvage", 0o700)
    mkdir("\(place)/coresalvage-4194304", 0o700)
    mkdir("\(place)/coresalvage-4194304-ends-1", 0o700)
    let first = try #require(SignalTrace())
    first.waitUntilReady()
    let second = try #require(SignalTrace())
    second.waitUntilReady()
    #expect(first.obstacle == nil && second.obstacle == nil)
    second.stop()
    first.stop()
    // The plain name may be that of a daemon beside us.
    let left = try FileTree.names(in: FilePath(place))
    for owner in ["4194304", String(getpid())] {
      #expect(!left.contains { $0.hasPrefix("coresalvage-\(owner)") }, "\(left)")
    }
  }
}
