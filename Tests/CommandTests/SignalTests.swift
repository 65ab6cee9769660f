import Glibc
import SystemPackage
import TestSupport
import Testing

/// Signals that end a process, and those that don't.
@Suite("a signal")
struct SignalTests {
  private static let bytes = CoreBuilder.typical().build().cut(to: 20_000)

  /// A run that waits for the rest of its standard input, with a temporary file beside its output.
  private struct Waiting {
    let folder: ScratchFolder
    let pair: StreamPair
    let running: RunningTool
    var output: FilePath { folder.file("out") }

    init(by arrangement: (Tool) -> Tool = { $0 }) throws {
      folder = try ScratchFolder()
      pair = try StreamPair.pipe()
      var tool = arrangement(Tool.coresalvage("-", folder.file("out").string))
      tool.input = .descriptor(pair.program)
      tool.limits["core"] = "0"
      running = try RunningTool(tool)
      pair.closeProgram()
      pair.write(SignalTests.bytes.prefix(10_000))
      var waits = 0
      while try folder.names().isEmpty, waits < 1000 {
        usleep(10_000)
        waits += 1
      }
      #expect(try folder.names().count == 1)
    }

    func end() throws -> ToolResult {
      pair.closeOurs()
      return try running.finish()
    }
  }

  @Test(
    "that ends the process leaves nothing, and is what it ends by",
    arguments: [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU])
  func ends(signal: Int32) throws {
    // SIGQUIT dumps a core where a socket takes them, whatever its limit: core_pattern stays as it is meanwhile.
    try KernelSettings.with([:]) {
      let waiting = try Waiting()
      waiting.running.send(signal)
      let result = try waiting.running.finish()
      waiting.pair.closeOurs()
      #expect(result.ending == .signal(signal, dumpedCore: false), "\(result)")
      #expect(try waiting.folder.names() == [])
    }
  }

  @Test(
    "that was ignored when the process began stays so: nohup and SIGHUP", .needs(.tool("nohup")))
  func nohup() throws {
    let waiting = try Waiting { tool in
      var tool = tool
      tool.arguments = [tool.program] + tool.arguments
      tool.program = "nohup"
      return tool
    }
    waiting.running.send(SIGHUP)
    usleep(200_000)
    waiting.pair.write(Self.bytes.dropFirst(10_000))
    let result = try waiting.end()
    #expect(result.ending == .exit(0), "\(result)")
    #expect(try ReferenceCore(contentsOf: waiting.output).threadIDs.count == 3)
  }

  private struct Closed {
    let folder: ScratchFolder
    let end: FileDescriptor

    /// A pipe that nobody reads.
    init() throws {
      folder = try ScratchFolder()
      let pair = try StreamPair.pipe(reversed: true)
      pair.closeOurs()
      end = pair.program
      _ = try folder.makeFolder("in")
      for number in 0..<4 { try folder.write(SignalTests.bytes, to: "in/\(number).core") }
    }

    func run(_ arguments: [String], ignoring: Bool) throws -> ToolResult {
      var tool = Tool.coresalvage(arguments)
      if ignoring {
        tool = Tool("sh", ["-c", "trap '' PIPE; exec \"$0\" \"$@\"", tool.program] + arguments)
      }
      tool.output = .descriptor(end)
      return try tool.run()
    }
  }

  @Test("that a pipe has lost its reader ends the work by SIGPIPE, with nothing half-written left")
  func brokenPipe() throws {
    let closed = try Closed()
    let core = closed.folder.file("in/1.core").string
    let output = closed.folder.file("out")
    for arguments in [
      [core, "-"], ["archive", core, "-"], ["check", core], [core, output.appending("x").string],
      ["batch", closed.folder.file("in").string, "-o", output.string],
      ["batch", closed.folder.file("in").string, "-o", output.string, "--json"],
    ] {
      _ = try? closed.folder.makeFolder("out")
      let result = try closed.run(arguments, ignoring: false)
      #expect(
        result.ending == .signal(SIGPIPE, dumpedCore: false), "\(arguments): \(result)")
      #expect(result.errorOutput.isEmpty, "\(result)")
      #expect(try FileTree.names(in: output).filter { $0.hasPrefix(".") } == [])
      FileTree.remove(output)
    }
  }

  @Test("of a pipe that is ignored makes an error of it: status 3, and the work is done")
  func ignoredBrokenPipe() throws {
    let closed = try Closed()
    let output = closed.folder.file("out")
    for arguments in [
      ["batch", closed.folder.file("in").string, "-o", output.string],
      ["check", closed.folder.file("in/1.core").string],
      [closed.folder.file("in/1.core").string, "-"],
    ] {
      let result = try closed.run(arguments, ignoring: true)
      #expect(result.ending == .exit(3), "\(arguments): \(result)")
      #expect(
        result.errorText == "coresalvage: standard output: write: Broken pipe\n",
        "\(arguments): \(result)")
    }
    #expect(try FileTree.names(in: output).count == 4)
  }
}
