import Salvage
import SystemPackage
import TestSupport
import Testing

/// What the JDK's own debugger makes of a JVM's core. The JVM has all files' memory dumped, so that most of what comes last
/// in such a core are libraries.
@Suite("a JVM's repaired core in jhsdb", .needs(.tool("jhsdb")))
struct JavaToolTests {
  private struct Case {
    let folder: ScratchFolder
    let crash: CrashProgram.Crash
    let whole: ReferenceCore

    init() throws {
      folder = try ScratchFolder()
      crash = try CrashProgram.java.crash(in: folder)
      whole = try crash.core.reference
    }

    /// What a tool of jhsdb prints, without the line that names the core.
    func output(_ words: String..., of core: FilePath) throws -> ToolResult {
      let program = crash.program.removingLastComponent().appending("jhsdb")
      var tool = Tool(
        program.string,
        words + ["--exe", crash.program.string, "--core", core.string])
      // Where it crashes, it leaves a file.
      tool.folder = folder.path
      return try tool.run()
    }

    func repaired(
      at size: UInt64, _ options: RepairOptions = RepairOptions()
    ) throws -> FilePath {
      let path = folder.file("out.core")
      var options = options
      options.force = true
      let cut = try crash.core.cut(at: size)
      try Repair(of: cut, options: options).write(to: path)
      FileTree.remove(cut)
      return path
    }

    /// The memory of a library that the process could read or run, and not write to, in the order of the file.
    func segments(of library: String) throws -> [ReferenceSegment] {
      let mappings = try whole.mappings().filter { $0.path.contains(library) }
      return whole.loads.filter { load in
        load.flags & 2 == 0 && load.fileSize > 0x3000
          && mappings.contains { $0.range.contains(load.address) }
      }
    }
  }

  private static func lines(_ result: ToolResult) -> [String] {
    result.lines.filter { !$0.contains("core") && !$0.contains("traversal took") }
  }

  @Test("has every thread, frame and object where the cut is in a library, wherever in it")
  func isAllThere() throws {
    let jvm = try Case()
    let threads = try Self.lines(jvm.output("jstack", of: jvm.crash.core.path))
    #expect(threads.count { $0.hasPrefix("\"waiter-") } == 3)
    #expect(threads.count { $0.contains("Kitchen.serve(int)") } == 3)
    let library = try jvm.segments(of: "libc.so.6")
    let code = try #require(library.first { $0.flags & 1 != 0 })
    let data = try #require(library.last)
    var zero = RepairOptions()
    zero.lostMemory = .zero
    var files = RepairOptions()
    files.withFiles = .all
    let cuts: [(UInt64, RepairOptions)] = [
      (library[0].offset + 0x2000, RepairOptions()), (code.offset + 0x1_0123, RepairOptions()),
      (code.offset + 0x1_0123, zero), (code.offset + 0x1_0123, files),
      (code.offset + 100, RepairOptions()), (data.offset + data.fileSize / 2, RepairOptions()),
    ]
    for (size, options) in cuts {
      let output = try jvm.repaired(at: size, options)
      let found = try Self.lines(jvm.output("jstack", of: output))
      #expect(found == threads, "cut at \(size), \(options.lostMemory), \(options.withFiles)")
    }
    let output = try jvm.repaired(at: code.offset + 0x1_0123)
    #expect(
      try Self.lines(jvm.output("jmap", "--histo", of: output))
        == Self.lines(jvm.output("jmap", "--histo", of: jvm.crash.core.path)))
  }

  @Test("is refused in words, and crashes nothing, where the JVM's own data is lost")
  func isRefused() throws {
    let jvm = try Case()
    let machine = try #require(try jvm.segments(of: "libjvm.so").first)
    for size in [jvm.whole.dueSize / 100, machine.offset / 2, machine.offset + 0x2000] {
      let result = try jvm.output("jstack", of: jvm.repaired(at: size))
      #expect(result.ending == .exit(1), "cut at \(size): \(result)")
      #expect(result.errorText.contains("Can't attach to the core file"), "\(result)")
    }
  }
}
