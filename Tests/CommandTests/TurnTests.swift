import Glibc
import SystemPackage
import TestSupport
import Testing

/// Several that want one core at the same time.
@Suite("a core that somebody else is at work on")
struct TurnTests {
  /// flock(2) on a file, held until `end`.
  private final class Holder {
    private let tool: RunningTool

    init(_ path: FilePath, shared: Bool = false) throws {
      let ready = path.string + ".ready"
      let script = "exec 9<\"$0\"; flock \(shared ? "-s" : "-x") 9; : > \"$0.ready\"; sleep 60"
      tool = try RunningTool(Tool("sh", ["-c", script, path.string]))
      for _ in 0..<500 where !FileTree.exists(FilePath(ready)) { usleep(10_000) }
      _ = unlink(ready)
    }

    func end() {
      tool.send(9)
      _ = try? tool.finish()
    }
  }

  private func cut(in folder: ScratchFolder, _ name: String = "core") throws -> FilePath {
    let core = CoreBuilder.typical().build()
    return try folder.write(core.cut(to: core.bytes.count - 5000), to: name)
  }

  @Test("is refused in place by one clear line, and left as it is", .needs(.tool("flock")))
  func isRefused() throws {
    let folder = try ScratchFolder()
    let core = try cut(in: folder)
    let before = try ReferenceSource.contents(of: core)
    for shared in [false, true] {
      let holder = try Holder(core, shared: shared)
      defer { holder.end() }
      for arguments in [["--in-place", core.string], ["undo", core.string]] {
        let result = try Tool.coresalvage(arguments).run()
        #expect(result.ending == .exit(3), "\(arguments): \(result)")
        #expect(result.errorText.contains("is locked: somebody else repairs it"), "\(result)")
        #expect(result.errorText.split(separator: "\n").count == 1, "\(result)")
      }
      #expect(try ReferenceSource.contents(of: core) == before)
    }
    try Tool.coresalvage("-q", "--in-place", core.string).runSuccessfully()
    try Tool.coresalvage("undo", "-q", core.string).runSuccessfully()
    #expect(try ReferenceSource.contents(of: core) == before)
  }

  @Test("is waited for by who reads it, and not for ever", .needs(.tool("flock")))
  func isWaitedFor() throws {
    let folder = try ScratchFolder()
    let core = try cut(in: folder)
    let holder = try Holder(core)
    let waiting = try RunningTool(Tool.coresalvage("-q", core.string, folder.file("out").string))
    usleep(300_000)
    #expect(!FileTree.exists(folder.file("out")))
    for arguments in [["check", core.string], ["inspect", core.string]] {
      let result = try Tool.coresalvage(arguments).run()
      #expect(result.ending == .exit(3), "\(arguments): \(result)")
      #expect(result.errorText.contains("is locked"), "\(result)")
    }
    holder.end()
    #expect(try waiting.finish().ending == .exit(3))
    // Others that read share it.
    let reader = try Holder(core, shared: true)
    defer { reader.end() }
    try Tool.coresalvage("-q", core.string, folder.file("out").string).runSuccessfully()
  }

  @Test("is left to the other by a batch, which says so", .needs(.tool("flock")))
  func batch() throws {
    let folder = try ScratchFolder()
    let place = try folder.makeFolder("cores")
    let core = CoreBuilder.typical().build()
    let input = core.cut(to: core.bytes.count - 5000)
    for name in ["a", "b"] { _ = try folder.write(input, to: "cores/\(name)") }
    let locked = place.appending("a")
    // Two names of one file are repaired once.
    #expect(link(place.appending("b").string, place.appending("c").string) == 0)
    let holder = try Holder(locked, shared: true)
    let result = try Tool.coresalvage("batch", "--in-place", "-j", "2", place.string).run()
    holder.end()
    #expect(result.ending == .exit(1), "\(result)")
    #expect((result.text + result.errorText).contains("is locked"), "\(result)")
    #expect(try ReferenceSource.contents(of: locked) == input)
    for name in ["b", "c"] {
      let path = place.appending(name)
      #expect(try ReferenceCore(contentsOf: path).lost() != nil)
    }
    try Tool.coresalvage("undo", place.appending("c").string).runSuccessfully()
    #expect(try ReferenceSource.contents(of: place.appending("b")) == input)
  }

  @Test(
    "is waited for once by a batch, however often that looks at it", .needs(.tool("flock")),
    arguments: [["--in-place"], ["--in-place", "--dry-run"], ["--output", "out"]])
  func batchWait(options: [String]) throws {
    let folder = try ScratchFolder()
    let core = try cut(in: folder)
    let holder = try Holder(core)
    defer { holder.end() }
    var tool = Tool.coresalvage(["batch"] + options + [core.string])
    tool.folder = folder.path
    let start = ContinuousClock.now
    let result = try tool.run()
    let time = ContinuousClock.now - start
    #expect(result.ending == .exit(1), "\(result)")
    #expect((result.text + result.errorText).contains("is locked"), "\(result)")
    #expect(time >= .seconds(5) && time < .seconds(9), "\(time)")
  }

  @Test(
    "in place twice at once is repaired once, and undone to what it was",
    .needs(.tool("strace"), .tracing))
  func twice() throws {
    let folder = try ScratchFolder()
    let core = try cut(in: folder)
    let before = try ReferenceSource.contents(of: core)
    let binary = Tool.coresalvage().program
    let slow = try RunningTool(
      Tool(
        "strace",
        [
          "-f", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:delay_exit=700000",
          binary, "--in-place", core.string,
        ]))
    usleep(1_500_000)
    let second = try Tool.coresalvage("--in-place", "--lost", "zero", core.string).run()
    let first = try slow.finish()
    #expect(first.ending == .exit(0), "\(first)")
    #expect(second.ending == .exit(3), "\(second)")
    try Tool.coresalvage("undo", core.string).runSuccessfully()
    #expect(try ReferenceSource.contents(of: core) == before)
  }
}
