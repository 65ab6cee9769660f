import Glibc
import SystemPackage
import TestSupport
import Testing

/// Standard input and output that have nothing at the moment, or fail, or are not there at all.
@Suite("a standard stream")
struct StreamWaitTests {
  private static let whole: [UInt8] = {
    var builder = CoreBuilder.typical()
    var random = SeededGenerator(seed: 11)
    builder.segments.append(BuilderSegment(at: 0x7fff_0000_0000, random.nonZeroBytes(1 << 20)))
    return builder.build().bytes
  }()
  private static let cut = Array(whole.dropLast(5000))

  /// Runs the command on a stream of which the second half comes late.
  private func run(_ arguments: [String], slowly bytes: [UInt8]) throws -> ToolResult {
    let pair = try StreamPair.pipe()
    try pair.stopBlocking()
    var tool = Tool.coresalvage(arguments)
    tool.input = .descriptor(pair.program)
    let running = try RunningTool(tool)
    pair.closeProgram()
    for part in [bytes.prefix(bytes.count / 2), bytes.suffix(bytes.count - bytes.count / 2)] {
      usleep(300_000)
      pair.write(part)
    }
    pair.closeOurs()
    return try running.finish()
  }

  @Test("that doesn't wait is waited for, to its end")
  func nonBlockingInput() throws {
    let folder = try ScratchFolder()
    let output = folder.file("out")
    let result = try run(["-", output.string], slowly: Self.whole)
    #expect(result.ending == .exit(0) && result.text.contains("copied unchanged"), "\(result)")
    #expect(try ReferenceSource.contents(of: output) == Self.whole)
    let check = try run(["check", "-"], slowly: Self.whole)
    #expect(check.ending == .exit(0), "\(check)")
    let archive = try run(["archive", "-q", "-"], slowly: Self.whole)
    #expect(archive.ending == .exit(0), "\(archive.errorText)")
    let back = try run(["restore", "-", "-"], slowly: archive.output)
    #expect(back.ending == .exit(0) && back.output == Self.whole, "\(back.errorText)")
  }

  @Test("that is a terminal is read by nobody: what would be typed is no core and no archive")
  func terminalInput() throws {
    let folder = try ScratchFolder()
    let output = folder.file("out").string
    for arguments in [["-", output], ["check", "-"], ["restore", "-", output]] {
      var tool = Tool.coresalvage(arguments)
      tool.input = .file("/dev/ptmx")
      let result = try tool.run()
      #expect(result.ending == .exit(2), "\(arguments): \(result)")
      #expect(result.errorText.contains("standard input: not a"), "\(result)")
      #expect(result.errorText.contains("found a terminal"), "\(result)")
    }
    #expect(try folder.names().isEmpty)
  }

  @Test("that doesn't wait for its reader gets all of a core")
  func nonBlockingOutput() throws {
    let folder = try ScratchFolder()
    let input = try folder.write(Self.whole, to: "in")
    for arguments in [[input.string, "-"], ["archive", input.string, "-"]] {
      let due = try Tool.coresalvage(arguments).runSuccessfully().output
      let pair = try StreamPair.pipe(reversed: true)
      try pair.stopBlocking()
      var tool = Tool.coresalvage(arguments)
      tool.output = .descriptor(pair.program)
      let running = try RunningTool(tool)
      pair.closeProgram()
      usleep(300_000)
      var bytes: [UInt8] = []
      var piece = [UInt8](repeating: 0, count: 1 << 16)
      while case let count = read(pair.ours.rawValue, &piece, piece.count), count > 0 {
        bytes += piece[..<count]
      }
      pair.closeOurs()
      let result = try running.finish()
      #expect(result.ending == .exit(0) && bytes == due, "\(arguments): \(result)")
    }
  }

  /// Runs the command on a connection that breaks after these bytes.
  private func run(_ arguments: [String], failingAfter bytes: [UInt8]) throws -> ToolResult {
    let pair = try StreamPair.failing()
    var tool = Tool.coresalvage(arguments)
    tool.input = .descriptor(pair.program)
    let running = try RunningTool(tool)
    pair.closeProgram()
    pair.write(bytes)
    pair.closeOurs()
    return try running.finish()
  }

  @Test("that breaks gives what came, marked as unreadable, and status 3")
  func brokenInput() throws {
    let folder = try ScratchFolder()
    let output = folder.file("out")
    let result = try run(["-", output.string], failingAfter: Self.cut)
    #expect(result.ending == .exit(3), "\(result)")
    let line =
      "coresalvage: standard input: offset \(Self.cut.count): read: Connection reset by peer\n"
    #expect(result.errorText == line, "\(result)")
    #expect(result.text.contains("could not be read to its end"), "\(result)")
    let repaired = try ReferenceCore(contentsOf: output)
    #expect(repaired.threadIDs.count == 3)
    #expect(try #require(try repaired.lost()).entries.allSatisfy { $0.cause == 2 })
    // Nothing but the cause tells it from a core that was cut there.
    #expect(try ReferenceSource.contents(of: output).starts(with: Self.cut.prefix(16)))

    let archive = folder.file("a.core.lz4")
    let archived = try run(["archive", "-", archive.string], failingAfter: Self.cut)
    #expect(archived.ending == .exit(3) && archived.errorText == line, "\(archived)")
    try Tool.coresalvage("verify", archive.string).runSuccessfully()
    for command in ["inspect", "check", "note"] {
      let looked = try run([command, "-"], failingAfter: Self.cut)
      #expect(looked.ending == .exit(3) && looked.errorText == line, "\(command): \(looked)")
      #expect(!looked.output.isEmpty, "\(command)")
    }
    let piped = try run(["-q", "-", "-"], failingAfter: Self.cut)
    #expect(piped.ending == .exit(3) && piped.errorText == line && !piped.output.isEmpty)
  }

  @Test(
    "that breaks after the last byte is no success either, for nobody knows that it was the last")
  func brokenAfterAll() throws {
    let folder = try ScratchFolder()
    let result = try run(["-q", "-", folder.file("out").string], failingAfter: Self.whole)
    #expect(result.ending == .exit(3), "\(result)")
    #expect(try ReferenceSource.contents(of: folder.file("out")) == Self.whole)
  }

  @Test("that breaks before it is a core, or an archive, says so and not that it is none")
  func brokenEarly() throws {
    let folder = try ScratchFolder()
    for bytes in [[], Array(Self.cut.prefix(40))] {
      for arguments in [
        ["-", folder.file("out").string], ["check", "-"], ["note", "-"],
        ["restore", "-", folder.file("out").string], ["cat", "-", "0x400000", "1"],
      ] {
        let result = try run(arguments, failingAfter: bytes)
        #expect(result.ending == .exit(3), "\(arguments): \(result)")
        #expect(result.errorText.contains("Connection reset by peer"), "\(arguments): \(result)")
        #expect(result.errorText.split(separator: "\n").count == 1, "\(arguments): \(result)")
      }
    }
    #expect(try folder.names() == [])
  }

  @Test("that is a folder, or can't be read, is an error of the system")
  func noStream() throws {
    let folder = try ScratchFolder()
    var tool = Tool.coresalvage("-", folder.file("out").string)
    tool.input = .file(folder.path)
    let result = try tool.run()
    #expect(result.ending == .exit(3) && result.errorText.contains("Is a directory"), "\(result)")
    #expect(try folder.names() == [])
  }

  @Test(
    "that is closed is not taken for one of our files", arguments: ["<&-", ">&-", "<&- >&- 2>&-"])
  func closed(redirection: String) throws {
    let folder = try ScratchFolder()
    let input = try folder.write(Self.cut, to: "in")
    let due = folder.file("due")
    try Tool.coresalvage(input.string, due.string).runSuccessfully()
    let output = folder.file("out")
    let result = try Tool(
      "sh",
      [
        "-c", "exec \"$0\" \"$1\" \"$2\" \(redirection)", Tool.coresalvagePath.string,
        input.string, output.string,
      ]
    ).run()
    #expect(result.ending == .exit(redirection == "<&-" ? 0 : 3), "\(result)")
    #expect(try ReferenceSource.contents(of: output) == ReferenceSource.contents(of: due))
    #expect(try ReferenceSource.contents(of: input) == Self.cut)
  }

  @Test("that is closed and was to be read is an error of the system, and no file of ours is read")
  func closedInput() throws {
    let folder = try ScratchFolder()
    let result = try Tool(
      "sh",
      [
        "-c", "exec \"$0\" - \"$1\" <&-", Tool.coresalvagePath.string, folder.file("out").string,
      ]
    ).run()
    #expect(result.ending == .exit(3), "\(result)")
    #expect(result.errorText.contains("Bad file descriptor"), "\(result)")
    #expect(try folder.names() == [])
  }

  @Test("that takes no report makes a failure of every command, with a line")
  func fullOutput() throws {
    let folder = try ScratchFolder()
    let input = try folder.write(Self.cut, to: "in.core")
    let archive = folder.file("a.core.lz4")
    try Tool.coresalvage("archive", input.string, archive.string).runSuccessfully()
    let repaired = folder.file("repaired.core")
    try Tool.coresalvage(input.string, repaired.string).runSuccessfully()
    for arguments in [
      [input.string, folder.file("new").string], ["-n", input.string], ["check", input.string],
      ["inspect", input.string], ["inspect", "--json", input.string],
      ["inspect", "--html", "-", input.string], ["note", input.string],
      ["archive", input.string, folder.file("new.lz4").string], ["archive", input.string, "-"],
      ["restore", archive.string, folder.file("back").string], ["restore", archive.string, "-"],
      ["verify", archive.string], ["cat", input.string, "0x7fff00000000", "16"],
      ["batch", folder.path.string, "-o", folder.file("outputs").string],
      ["undo", repaired.string], ["--help"], ["--version"], ["help", "cat"],
      ["--gdb-script", "-", input.string], [input.string, "-"],
    ] {
      var tool = Tool.coresalvage(arguments)
      tool.output = .file("/dev/full")
      let result = try tool.run()
      #expect(result.ending == .exit(3), "\(arguments): \(result)")
      // The output that was named last is there.
      let isWritten = arguments.last.map { $0.contains("/new") || $0.contains("/back") } ?? false
      let rest = isWritten ? "; only the report is lacking, \(arguments.last ?? "") is written" : ""
      #expect(
        result.errorText.contains(
          "coresalvage: standard output: write: No space left on device\(rest)\n"),
        "\(arguments): \(result)")
    }
    // The work was done all the same.
    #expect(try FileTree.names(in: folder.file("outputs")).contains("in.core"))
  }
}
