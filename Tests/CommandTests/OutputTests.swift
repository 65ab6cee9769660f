import Glibc
import SystemPackage
import Testing
import TestSupport

/// Where the output goes, who may read it, and what it may never replace.
@Suite("an output")
struct OutputTests {
  private static let bytes = CoreBuilder.typical().build().cut(to: 20_000)

  private struct Place {
    let folder: ScratchFolder
    let input: FilePath
    var output: FilePath { folder.file("out.core") }

    init() throws {
      folder = try ScratchFolder()
      input = try folder.write(OutputTests.bytes, to: "in.core")
    }

    func repair(_ arguments: String..., to output: FilePath? = nil) throws -> ToolResult {
      try Tool.coresalvage([input.string, (output ?? self.output).string] + arguments).run()
    }

    /// A refusal leaves the input, and the folder's names, as they were.
    func expectRefusal(_ result: ToolResult, _ names: [String], says words: String) throws {
      #expect(result.ending == .exit(3), "\(result)")
      #expect(result.errorText.contains(words), "\(result)")
      #expect(result.errorText.split(separator: "\n").count == 1, "\(result)")
      #expect(try folder.names() == names)
      #expect(try ReferenceSource.contents(of: input) == OutputTests.bytes)
    }
  }

  @Test("that exists is refused, and replaced with --force")
  func existing() throws {
    let place = try Place()
    try place.folder.write([1, 2, 3], to: "out.core")
    try place.expectRefusal(
      try place.repair(), ["in.core", "out.core"], says: "out.core: exists already; --force")
    #expect(try ReferenceSource.contents(of: place.output) == [1, 2, 3])
    #expect(try place.repair("--force").ending == .exit(0))
    #expect(try ReferenceCore(contentsOf: place.output).threadIDs.count == 3)
    #expect(try place.folder.names() == ["in.core", "out.core"])
  }

  @Test(
    "on top of the input is refused, also with --force, also through links",
    arguments: ["name", "dot", "hard", "symbolic"])
  func ontoInput(kind: String) throws {
    let place = try Place()
    var output = place.folder.file("other.core")
    var names = ["in.core", "other.core"]
    switch kind {
    case "hard": try #require(link(place.input.string, output.string) == 0)
    case "symbolic": try #require(symlink("in.core", output.string) == 0)
    case "dot":
      output = FilePath(place.folder.path.string + "/./in.core")
      names = ["in.core"]
    default:
      output = place.input
      names = ["in.core"]
    }
    for option in ["--json", "--force"] {
      let result = try place.repair(option, to: output)
      try place.expectRefusal(result, names, says: "is the input itself")
    }
  }

  @Test("through a symbolic link replaces the link and never its target")
  func symbolicLink() throws {
    let place = try Place()
    let target = try place.folder.write([9, 9], to: "target")
    try #require(symlink("target", place.output.string) == 0)
    try place.expectRefusal(
      try place.repair(), ["in.core", "out.core", "target"], says: "exists already")
    #expect(try place.repair("--force").ending == .exit(0))
    #expect(try ReferenceSource.contents(of: target) == [9, 9])
    var status = stat()
    #expect(lstat(place.output.string, &status) == 0 && status.st_mode & S_IFMT == S_IFREG)
  }

  @Test("through a dangling link is not written where it points")
  func danglingLink() throws {
    let place = try Place()
    try #require(symlink("nowhere", place.output.string) == 0)
    try place.expectRefusal(try place.repair(), ["in.core", "out.core"], says: "exists already")
  }

  @Test("that is a directory or a device is refused, also with --force")
  func noFile() throws {
    let place = try Place()
    let folder = try place.folder.makeFolder("sub")
    for option in ["--json", "--force"] {
      try place.expectRefusal(
        try place.repair(option, to: folder), ["in.core", "sub"], says: "is a directory")
      try place.expectRefusal(
        try place.repair(option, to: "/dev/null"), ["in.core", "sub"],
        says: "is a character device")
    }
    #expect(FileTree.exists("/dev/null"))
  }

  @Test("in a folder that is not there is refused by the folder's name")
  func missingFolder() throws {
    let place = try Place()
    let output = place.folder.file("missing").appending("out.core")
    try place.expectRefusal(
      try place.repair(to: output), ["in.core"],
      says: "there is no folder \(place.folder.path)/missing")
  }

  @Test("in a current folder that was removed is refused by that, and so is an input")
  func removedFolder() throws {
    let place = try Place()
    let script = "mkdir gone && cd gone && rmdir ../gone && exec \"$0\" \"$@\""
    for words in [
      [place.input.string, "out.core"],
      ["bundle", place.input.string, "out.tar"], ["in.core", place.folder.file("out").string],
      ["inspect", "in.core"], ["batch", place.input.string, "-o", "out"],
    ] {
      var tool = Tool("sh", ["-c", script, Tool.coresalvage().program] + words)
      tool.folder = place.folder.path
      let result = try tool.run()
      #expect(result.ending == .exit(3), "\(words): \(result)")
      #expect(result.errorText.hasSuffix(": the current folder was removed\n"), "\(result)")
    }
    var rehearsal = Tool(
      "sh", ["-c", script, Tool.coresalvage().program, "-n", place.input.string, "out.core"])
    rehearsal.folder = place.folder.path
    let told = try rehearsal.run().text
    #expect(told.contains("would be refused: out.core: the current folder was removed"), "\(told)")
  }

  @Test("below a file is refused")
  func belowFile() throws {
    let place = try Place()
    let output = place.input.appending("out.core")
    try place.expectRefusal(try place.repair(to: output), ["in.core"], says: "Not a directory")
  }

  @Test("is as old as the input, through an archive and back, packed or not")
  func age() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("bakery.killed-memory.core", into: folder)
    for time in ["1999-12-31T23:59:59.5", "1960-01-01T00:00:00.25", "2031-01-01T00:00:00"] {
      try Tool("touch", ["-d", time + "Z", core.string]).runSuccessfully()
      let due = try FileTree.status(core).st_mtim
      let (out, archive, back) = ("\(core).out", "\(core).lz4", "\(core).back")
      try Tool.coresalvage("-q", core.string, out).runSuccessfully()
      try Tool.coresalvage("archive", "-q", core.string, archive).runSuccessfully()
      try Tool.coresalvage("restore", "-q", archive, back).runSuccessfully()
      for path in [out, archive, back] {
        let found = try FileTree.status(FilePath(path)).st_mtim
        #expect(found.tv_sec == due.tv_sec && found.tv_nsec == due.tv_nsec, "\(path) \(time)")
        FileTree.remove(FilePath(path))
      }
    }
  }

  @Test(
    "gets at most the input's permissions",
    arguments: [0o600, 0o640, 0o400, 0o644, 0o660] as [mode_t])
  func permissions(mode: mode_t) throws {
    let place = try Place()
    chmod(place.input.string, mode)
    #expect(try place.repair().ending == .exit(0))
    #expect(try FileTree.status(place.output).st_mode & 0o7777 == mode)
  }

  @Test(
    "is open to nobody whom the input's access control list keeps out",
    .needs(.userAttributes, .tool("python3")))
  func accessList() throws {
    // Tags and bits: the owner 6, a user who is named, the group, the mask, all others.
    for (named, group, mask, others, expected) in [
      (4, 0, 4, 0, 0o600), (4, 6, 4, 4, 0o644), (0, 4, 4, 4, 0o600), (6, 6, 6, 4, 0o664),
    ] as [(Int, Int, Int, Int, mode_t)] {
      let place = try Place()
      let entries = [(1, 6, -1), (2, named, 1), (4, group, -1), (16, mask, -1), (32, others, -1)]
      let list = entries.map { "struct.pack('<HHi', \($0.0), \($0.1), \($0.2))" }
        .joined(separator: " + ")
      let code =
        "import os, struct; os.setxattr('\(place.input)', 'system.posix_acl_access', "
        + "struct.pack('<I', 2) + \(list))"
      try Tool("python3", ["-c", code]).runSuccessfully()
      // The mask stands where the group's bits were.
      #expect(try FileTree.status(place.input).st_mode & 0o070 == mode_t(mask) << 3)
      #expect(try place.repair().ending == .exit(0))
      #expect(try FileTree.status(place.output).st_mode & 0o7777 == expected)
      for words in [["archive"], ["bundle"], ["inspect", "--html"]] {
        let output = place.folder.file(words[0] + ".tar.zst").string
        let all =
          words[0] == "inspect"
          ? words + [output, place.input.string] : words + [place.input.string, output]
        #expect(try Tool.coresalvage(all).run().status.map { $0 < 2 } == true, "\(words)")
        let mode = try FileTree.status(FilePath(output)).st_mode & 0o7777
        #expect(mode & ~expected == 0, "\(words) \(String(mode, radix: 8))")
      }
    }
  }

  @Test("gets the input's owner and group where that is allowed", .needs(.root))
  func owner() throws {
    let place = try Place()
    try #require(chown(place.input.string, 1234, 5678) == 0)
    chmod(place.input.string, 0o640)
    #expect(try place.repair().ending == .exit(0))
    let status = try FileTree.status(place.output)
    #expect(status.st_uid == 1234 && status.st_gid == 5678 && status.st_mode & 0o7777 == 0o640)
  }

  @Test(
    "made by a user who can't give it away is not opened to a group of his", .needs(.otherUser))
  func foreignOwner() throws {
    let place = try Place()
    try #require(chown(place.input.string, 0, 5678) == 0)
    chmod(place.input.string, 0o664)
    chmod(place.folder.path.string, 0o777)
    let result = try OtherUser.command(
      [place.input.string, place.output.string], in: place.folder
    ).run()
    #expect(result.ending == .exit(0), "\(result)")
    let status = try FileTree.status(place.output)
    #expect(status.st_uid == 65534)
    #expect(status.st_mode & 0o7777 == 0o604)
  }

  @Test("of a whole core is the same, byte for byte")
  func wholeCore() throws {
    let folder = try ScratchFolder()
    for layout in CoreBuilder.Layout.allCases {
      let bytes = CoreBuilder.typical(layout: layout).build().bytes
      let input = try folder.write(bytes, to: "whole-\(layout)")
      let output = folder.file("out-\(layout)")
      let result = try Tool.coresalvage(input.string, output.string).run()
      #expect(result.ending == .exit(0) && result.text.contains("whole"), "\(result)")
      #expect(result.text.contains("copied unchanged"), "\(result)")
      #expect(try ReferenceSource.contents(of: output) == bytes)
    }
  }

  @Test("named relative to the working folder appears there, and its name may begin with a dash")
  func relativeName() throws {
    let place = try Place()
    var tool = Tool.coresalvage("--", "in.core", "-out.core")
    tool.folder = place.folder.path
    let result = try tool.run()
    #expect(result.ending == .exit(0), "\(result)")
    #expect(try place.folder.names() == ["-out.core", "in.core"])
  }

  @Test("of a long name still fits its temporary file")
  func longName() throws {
    let place = try Place()
    let output = place.folder.file(String(repeating: "n", count: 255))
    #expect(try place.repair(to: output).ending == .exit(0))
    #expect(FileTree.exists(output))
  }
}
