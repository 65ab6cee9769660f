import Glibc
import SystemPackage
import Testing
import TestSupport

/// Inputs that can't be repaired: one line that names file, offset, expected and found, and nothing left behind.
@Suite("a bad input")
struct BadInputTests {
  private static let core = CoreBuilder.typical().build()

  /// Runs a repair of `input` into `out` beside it, which must fail with one line and leave no file.
  private func refusal(
    of input: FilePath, in folder: ScratchFolder, status: Int32, says words: [String],
    arguments: [String] = []
  ) throws {
    let before = try folder.names()
    let tool = Tool.coresalvage([input.string, folder.file("out").string] + arguments)
    let result = try tool.run()
    #expect(result.ending == .exit(status), "\(result)")
    #expect(result.output.isEmpty, "\(result)")
    let lines = result.errorText.split(separator: "\n")
    #expect(lines.count == 1, "\(result)")
    #expect(result.errorText.hasPrefix("coresalvage: "), "\(result)")
    for word in words { #expect(result.errorText.contains(word), "no \(word) in \(result)") }
    #expect(try folder.names() == before)
  }

  private func refusal(of bytes: [UInt8], status: Int32, says words: [String]) throws {
    let folder = try ScratchFolder()
    let path = try folder.write(bytes, to: "in.core")
    try refusal(of: path, in: folder, status: status, says: ["in.core"] + words)
    #expect(try ReferenceSource.contents(of: path) == bytes)
  }

  @Test(
    "that is no ELF file and never ends is refused by its first bytes", arguments: ["", "check"])
  func endless(command: String) throws {
    let folder = try ScratchFolder()
    let output = command.isEmpty ? "out" : ""
    var tool = Tool(
      "sh", ["-c", "yes | \"$0\" \(command) - \(output)", Tool.coresalvagePath.string])
    tool.folder = folder.path
    let result = try tool.run()
    #expect(result.ending == .exit(2), "\(result)")
    #expect(result.errorText.contains("found 79 0a 79 0a"), "\(result)")
    #expect(try folder.names().isEmpty)
  }

  @Test("that is no ELF file is named with what was found instead")
  func noELF() throws {
    try refusal(
      of: Array("#!/bin/sh\necho\n".utf8), status: 2,
      says: ["not a core", "offset 0", "expected an ELF file (7f 45 4c 46)", "found 23 21 2f 62"])
  }

  @Test("that is empty is said to be empty")
  func empty() throws {
    try refusal(of: [], status: 2, says: ["not a core", "offset 0", "found an empty file"])
  }

  @Test("that is a program is said to be one")
  func program() throws {
    let folder = try ScratchFolder()
    try refusal(
      of: Tool.coresalvagePath, in: folder, status: 2,
      says: ["not a core", "offset 16", "expected e_type 4", "program)"])
  }

  @Test("of an unknown class is named so")
  func unknownClass() throws {
    var bytes = Self.core.bytes
    bytes[4] = 7
    try refusal(of: bytes, status: 2, says: ["offset 4", "expected an ELF class", "found 7 and 1"])
  }

  @Test("that is a directory is said to be one")
  func directory() throws {
    let folder = try ScratchFolder()
    let path = try folder.makeFolder("in.core")
    try refusal(
      of: path, in: folder, status: 2,
      says: ["in.core", "expected a regular file", "found a directory"])
  }

  @Test("that is a FIFO nobody writes to is refused at once")
  func fifo() throws {
    let folder = try ScratchFolder()
    try #require(mkfifo(folder.file("in.core").string, 0o600) == 0)
    try refusal(of: folder.file("in.core"), in: folder, status: 2, says: ["found a FIFO"])
  }

  @Test("that is not there is an error of the system")
  func missing() throws {
    let folder = try ScratchFolder()
    try refusal(
      of: folder.file("in.core"), in: folder, status: 3,
      says: ["in.core", "open", "No such file or directory"])
  }

  @Test("that may not be read is an error of the system")
  func unreadable() throws {
    let folder = try ScratchFolder()
    let path = try folder.write(Self.core.cut(to: 20_000), to: "in.core")
    chmod(path.string, 0)
    // root reads everything, so another user has to try: he needs a folder to write to and the command.
    guard getuid() == 0 else {
      return try refusal(of: path, in: folder, status: 3, says: ["open", "Permission denied"])
    }
    chmod(folder.path.string, 0o777)
    try Need.otherUser.require()
    let result = try OtherUser.command([path.string, folder.file("out").string], in: folder).run()
    #expect(result.ending == .exit(3), "\(result)")
    #expect(result.errorText.contains("open: Permission denied"), "\(result)")
    #expect(!FileTree.exists(folder.file("out")))
  }

  @Test("in a folder where nothing may be made leaves its folder as it was")
  func unwritableFolder() throws {
    let folder = try ScratchFolder()
    let input = try folder.write(Self.core.cut(to: 20_000), to: "in.core")
    let place = try folder.makeFolder("place")
    if getuid() == 0 {
      try Need.otherUser.require()
      chmod(folder.path.string, 0o755)
      chmod(input.string, 0o644)
      let result = try OtherUser.command([input.string, place.appending("out").string], in: folder)
        .run()
      #expect(result.ending == .exit(3), "\(result)")
      #expect(result.errorText.contains("create: Permission denied"), "\(result)")
    } else {
      chmod(place.string, 0o555)
      let result = try Tool.coresalvage(input.string, place.appending("out").string).run()
      #expect(result.ending == .exit(3), "\(result)")
    }
    #expect(try FileTree.names(in: place) == [])
  }

  @Test("of which nothing survived is beyond repair, and it is said where it was cut")
  func beyondRepair() throws {
    let table = Self.core.tableRange
    for (size, place) in [
      (3, "the ELF header"), (40, "the ELF header"), (64, "the program header table"),
      (table.lowerBound + 55, "the program header table"),
      (table.upperBound, "the notes"), (table.upperBound + 100, "the notes"),
    ] {
      try refusal(
        of: Self.core.cut(to: size), status: 2,
        says: [
          "beyond repair", "offset \(size)", "cut inside \(place)", "no thread and no memory",
        ])
    }
  }

  @Test("with control characters in its name can't write to the terminal")
  func hostileName() throws {
    let folder = try ScratchFolder()
    let path = try folder.write([1, 2, 3, 4], to: "in\u{1b}[31m\n.core")
    try refusal(of: path, in: folder, status: 2, says: ["in\\u{1b}[31m\\u{a}.core"])
  }

  @Test("is never changed, not even its times of change")
  func inputIsUntouched() throws {
    let folder = try ScratchFolder()
    let path = try folder.write(Self.core.cut(to: 20_000), to: "in.core")
    let before = try FileTree.status(path)
    try Tool.coresalvage(path.string, folder.file("out").string).runSuccessfully()
    let after = try FileTree.status(path)
    #expect(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec)
    #expect(before.st_ctim.tv_nsec == after.st_ctim.tv_nsec)
    #expect(try ReferenceSource.contents(of: path) == Self.core.cut(to: 20_000))
  }
}
