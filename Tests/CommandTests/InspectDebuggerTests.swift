import SystemPackage
import TestSupport
import Testing

@Suite("The scripts for debuggers")
struct InspectDebuggerTests {
  private static let share = Tool.packageRoot.appending("share")

  /// A core that was cut in a thread's stack, repaired.
  private static func repaired(in folder: ScratchFolder) throws -> FilePath {
    let core = try SampleCores.fixture("bakery.fsize-mid-stack.core", into: folder)
    let output = folder.file("repaired.core")
    try Tool.coresalvage(core.string, output.string).runSuccessfully()
    return output
  }

  @Test(
    "gdb warns of a repaired core, lists what is lost, and which pointers go there", .needs(.gdb))
  func gdb() throws {
    let folder = try ScratchFolder()
    let core = try Self.repaired(in: folder)
    let script = Self.share.appending("gdb/coresalvage.py")
    let result = try Tool(
      "gdb",
      [
        "-nx", "-batch", "-iex", "set debuginfod enabled off", "-iex", "source \(script)", "-ex",
        "coresalvage lost", "--core=\(core)",
      ]
    ).run()
    #expect(result.text.contains("repaired by coresalvage"))
    #expect(result.text.contains("0x00007f57bea00000-0x00007f57bf200000"))
    #expect(result.text.contains("thread 10793, $rsp = 0x7f57bf1fee70: lost"))
    #expect(result.text.contains("stack slot"))
    #expect(!result.text.contains("Traceback"))
  }

  /// What gdb says of a core with the script and nobody's settings.
  private static func ask(
    _ core: FilePath, _ options: [String], input: String = "", in folder: ScratchFolder
  ) throws -> String {
    try ask(
      ["-iex", "source \(script)"] + options + ["-c", core.string], input: input, in: folder)
  }

  private static let script = share.appending("gdb/coresalvage.py")

  private static func ask(_ arguments: [String], input: String = "", in folder: ScratchFolder)
    throws -> String
  {
    var tool = Tool("gdb", ["-nx"] + arguments)
    tool.environment = ["HOME": folder.path.string, "TMPDIR": folder.path.string]
    tool.environment["DEBUGINFOD_URLS"] = .some(nil)
    tool.input = .bytes(Array(input.utf8))
    let result = try tool.run()
    #expect(result.ending == .exit(0), "\(result)")
    return result.text + result.errorText
  }

  @Test("gdb's own commands have the short forms that they have without the script", .needs(.gdb))
  func gdbShortForms() throws {
    let folder = try ScratchFolder()
    let core = try Self.repaired(in: folder)
    let source = ["-iex", "source \(Self.script)"]
    for settings in [source, source + source, ["-iex", "set max-completions 0"] + source] {
      for command in ["core-file", "core", "cor"] {
        let text = try Self.ask(["-batch"] + settings + ["-ex", "\(command) \(core)"], in: folder)
        #expect(text.contains("coresalvage: This core was cut"), "\(command): \(text)")
        #expect(!text.contains("Traceback"), "\(text)")
      }
    }
  }

  @Test("gdb warns last, after all that it says of the core by itself", .needs(.gdb))
  func gdbWarnsLast() throws {
    let folder = try ScratchFolder()
    let core = try Self.repaired(in: folder)
    for (options, input) in [
      (["-batch"], ""), (["-batch", "-ex", "bt 1"], ""), ([], "echo the first command\\n\nquit\n"),
    ] {
      let text = try Self.ask(core, options, input: input, in: folder)
      let lines = text.split(separator: "\n")
      let first = try #require(lines.firstIndex { $0.contains("coresalvage: This core was cut") })
      let own = try #require(lines.lastIndex { $0.contains("[Current thread is ") })
      #expect(own < first, "\(text)")
      #expect(text.ranges(of: "This core was cut").count == 1)
      if let command = lines.firstIndex(where: { $0.contains("the first command") }) {
        #expect(first < command, "\(text)")
      }
    }
  }

  @Test("gdb opens the program that the core names, if it is the one that ran", .needs(.gdb))
  func gdbFindsProgram() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.threads.crash(in: folder)
    let stack = try #require(
      try crash.core.reference.loads.last { $0.fileSize >= 0x20000 }, "no main stack")
    let cut = try crash.core.cut(at: stack.offset - 8 * 4096)
    let output = folder.file("out.core")
    try Tool.coresalvage(cut.string, output.string).runSuccessfully()
    let backtraces = ["-batch", "-ex", "thread apply all bt"]
    let found = try Self.ask(output, backtraces, in: folder)
    #expect(found.ranges(of: " deep (").count >= 5 * 31, "\(found)")
    #expect(found.contains("coresalvage: The program is \(crash.program): its build-id is"))
    #expect(found.contains("coresalvage: gdb may have warned that libthread_db can't be used"))
    let prompt = try Self.ask(
      output, [], input: "set width 0\nset height 0\nthread apply all bt\nquit\n", in: folder)
    #expect(prompt.ranges(of: " deep (").count >= 5 * 31, "\(prompt)")
    // A script that gdb reads when the core is open already.
    let read = "source \(Self.script)"
    for (arguments, input) in [
      (["-batch", "-x", Self.script.string, "-c", output.string], ""),
      (["-batch", "-c", output.string, "-ex", read], ""),
      (["-c", output.string], "\(read)\nset width 0\nset height 0\n"),
    ] {
      let command = "thread apply all bt"
      let late = try Self.ask(
        arguments + (input.isEmpty ? ["-ex", command] : []),
        input: input.isEmpty ? "" : input + command + "\nquit\n", in: folder)
      #expect(late.ranges(of: " deep (").count >= 5 * 31, "\(arguments): \(late)")
      #expect(late.contains("coresalvage: The program is \(crash.program): its build-id is"))
      #expect(!late.contains("a debugger needs"), "\(late)")
    }
    #expect(try folder.names().allSatisfy { !$0.hasPrefix("coresalvage-") })

    // Another build, and none at all.
    let id = try #require(
      try Tool("readelf", ["-n", crash.program.string]).runSuccessfully().text
        .split(separator: "\n").first { $0.contains("Build ID:") }?.split(separator: " ").last)
    let needed =
      "coresalvage: a debugger needs \(crash.program) with build-id \(id) to name functions"
    try SparseCopy.copy("/usr/bin/true", to: crash.program)
    for _ in 0..<2 {
      let text = try Self.ask(output, backtraces, in: folder)
      #expect(text.contains(needed) && !text.contains(" deep ("), "\(text)")
      FileTree.remove(crash.program)
    }
  }

  @Test("gdb says nothing of a core that was never repaired", .needs(.gdb))
  func gdbOfWhole() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("clock-static.whole.core", into: folder)
    let script = Self.share.appending("gdb/coresalvage.py")
    let result = try Tool(
      "gdb", ["-nx", "-batch", "-iex", "source \(script)", "-ex", "bt 1", "--core=\(core)"]
    ).run()
    #expect(!result.text.contains("coresalvage:"))
    #expect(!result.text.contains("Traceback"))
  }

  @Test("lldb lists what is lost, and which pointers go there", .needs(.tool("lldb-19")))
  func lldb() throws {
    let folder = try ScratchFolder()
    let core = try Self.repaired(in: folder)
    let script = Self.share.appending("lldb/coresalvage.py")
    let result = try Tool(
      "lldb-19",
      [
        "-x", "-b", "-O", "command script import \(script)", "-c", core.string, "-o",
        "coresalvage lost",
      ]
    ).run()
    #expect(result.text.contains("0x00007f57bea00000-0x00007f57bf200000"))
    #expect(result.text.contains("thread 10793, $rsp = 0x7f57bf1fee70: lost"))
    #expect(!result.text.contains("Traceback"))
  }

  @Test(
    "lldb warns of a repaired core, however it is opened and with -b too",
    .needs(.tool("lldb-19")))
  func lldbWarns() throws {
    let folder = try ScratchFolder()
    let core = try Self.repaired(in: folder)
    let whole = try SampleCores.fixture("clock-static.whole.core", into: folder)
    let script = "command script import \(Self.share.appending("lldb/coresalvage.py"))"
    let early = ["-x", "-b", "-O", script]
    for (arguments, count) in [
      (early + ["-c", core.string], 1), (early + ["--core", core.string, "-o", "bt"], 1),
      (early + ["-o", "target create -c '\(core)'", "-o", "bt"], 1),
      (["-x", "-b", "-o", script, "-c", core.string], 1), (early + ["-c", whole.string], 0),
    ] {
      let result = try Tool("lldb-19", arguments).run()
      let text = result.text + result.errorText
      #expect(text.ranges(of: "coresalvage: This core was cut").count == count, "\(result)")
      #expect(!text.contains("Traceback"), "\(result)")
    }
  }
}
