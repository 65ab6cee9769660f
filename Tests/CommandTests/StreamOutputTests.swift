import Glibc
import SystemPackage
import TestSupport
import Testing

/// Outputs that are written as they come, and are nobody's file to replace.
@Suite("an output that is a stream")
struct StreamOutputTests {
  private static let bytes = CoreBuilder.typical().build().cut(to: 20_000)

  private struct Place {
    let folder: ScratchFolder
    let core: FilePath
    /// What the repair gives in a stream.
    let due: [UInt8]
    let archive: [UInt8]

    init() throws {
      folder = try ScratchFolder()
      core = try folder.write(StreamOutputTests.bytes, to: "in.core")
      let alone = try ScratchFolder()
      let output = alone.file("out")
      try Tool.coresalvage("-q", "--extend", "none", core.string, output.string).runSuccessfully()
      due = try ReferenceSource.contents(of: output)
      let archived = alone.file("out.core.lz4")
      try Tool.coresalvage("archive", "-q", core.string, archived.string).runSuccessfully()
      archive = try ReferenceSource.contents(of: archived)
    }

    /// Runs a line of a shell in the folder, in which `$0` is the command.
    func shell(_ line: String) throws -> ToolResult {
      var tool = Tool("bash", ["-c", line, Tool.coresalvagePath.string])
      tool.folder = folder.path
      return try tool.run()
    }
  }

  @Test("has the bytes that a file has, and the report goes where it spoils nothing")
  func sameBytes() throws {
    let place = try Place()
    for name in ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
      for (command, due) in [([], place.due), (["archive"], place.archive)] {
        let result = try Tool.coresalvage(command + [place.core.string, name]).runSuccessfully()
        #expect(result.output == due, "\(command) \(name)")
        #expect(result.errorText.contains("in.core: cut after"), "\(result.errorText)")
        #expect(!result.errorText.contains("next:"), "\(result.errorText)")
      }
    }
    #expect(try place.folder.names() == ["in.core"])
  }

  @Test("of another descriptor or a FIFO leaves standard output to the report")
  func otherDescriptor() throws {
    let place = try Place()
    for name in ["/dev/fd/7", "/proc/self/fd/7"] {
      let result = try place.shell("exec \"$0\" in.core \(name) 7> seven")
      #expect(result.ending == .exit(0) && result.text.contains("in.core: cut after"), "\(result)")
      #expect(try ReferenceSource.contents(of: place.folder.file("seven")) == place.due)
    }
    // Others that run beside this may have left one open.
    #expect(try place.shell("exec 7>&-; \"$0\" in.core /dev/fd/7").ending == .exit(3))
    #expect(try place.shell("\"$0\" in.core /dev/fd/7 7< in.core").ending == .exit(3))
    try #require(mkfifo(place.folder.file("fifo").string, 0o600) == 0)
    try #require(symlink("fifo", place.folder.file("link").string) == 0)
    for (line, due) in [
      ("\"$0\" in.core fifo", place.due), ("\"$0\" --force in.core link", place.due),
      ("\"$0\" archive --force in.core fifo", place.archive),
      ("\"$0\" archive -q in.core - | \"$0\" restore --force - fifo", place.due),
    ] {
      let result = try place.shell("cat fifo > got & \(line) && wait")
      #expect(result.ending == .exit(0), "\(line): \(result)")
      #expect(try ReferenceSource.contents(of: place.folder.file("got")) == due, "\(line)")
    }
    #expect(try FileTree.status(place.folder.file("fifo")).st_mode & S_IFMT == S_IFIFO)
    #expect(try place.folder.names() == ["fifo", "got", "in.core", "link", "seven"])
  }

  @Test("is written where it stands, and what was in the file before stays")
  func appends() throws {
    let place = try Place()
    for name in ["-", "/dev/stdout"] {
      let result = try place.shell("echo head > file; \"$0\" -q in.core \(name) >> file")
      #expect(result.ending == .exit(0), "\(result)")
      #expect(
        try ReferenceSource.contents(of: place.folder.file("file"))
          == Array("head\n".utf8) + place.due)
    }
  }

  @Test("is not replaced by --force, even where /dev may be written to", .needs(.mounts))
  func ownDevices() throws {
    let place = try Place()
    let result = try place.shell(
      """
      exec unshare -m bash -c 'mount -t tmpfs none /dev && ln -s /proc/self/fd/1 /dev/stdout
        "$0" -q --force in.core /dev/stdout > got; readlink /dev/stdout' "$0"
      """)
    #expect(result.text == "/proc/self/fd/1\n", "\(result)")
    #expect(try ReferenceSource.contents(of: place.folder.file("got")) == place.due)
  }

  @Test("is no link to nothing, which --force does not replace")
  func danglingLink() throws {
    let place = try Place()
    try #require(symlink("nowhere", place.folder.file("link").string) == 0)
    let result = try place.shell("\"$0\" --force in.core link")
    #expect(result.ending == .exit(3) && result.errorText.contains("a symbolic link"), "\(result)")
    #expect(try place.folder.names() == ["in.core", "link"])
  }

  @Test("is no terminal, which gets nothing of a core")
  func terminal() throws {
    let place = try Place()
    let archive = try place.folder.write(place.archive, to: "x.core.lz4")
    for arguments in [
      [place.core.string, "-"], [place.core.string, "/dev/stdout"],
      ["archive", place.core.string, "-"], ["restore", archive.string, "-"],
      ["cat", place.core.string, "0x400000", "64"],
    ] {
      var tool = Tool.coresalvage(arguments)
      tool.output = .terminal
      let result = try tool.run()
      #expect(result.ending == .exit(64), "\(arguments): \(result)")
      #expect(result.output.isEmpty, "\(arguments)")
      #expect(result.errorText.contains("is a terminal"), "\(result)")
    }
  }

  @Test("is where an archive of standard input goes, if nothing else is said", .needs(.tool("lz4")))
  func archiveOfStandardInput() throws {
    let place = try Place()
    let result = try place.shell("\"$0\" archive - < in.core")
    #expect(result.ending == .exit(0) && result.output == place.archive, "\(result.errorText)")
    #expect(try place.folder.names() == ["in.core"])
    let piped = try place.shell("\"$0\" archive -q - - < in.core | lz4 -dc")
    #expect(piped.output == place.due)
  }

  @Test("takes pages, of one core and of a batch")
  func pages() throws {
    let place = try Place()
    let page = try place.shell("\"$0\" inspect --html - in.core")
    #expect(page.ending == .exit(0) && page.text.hasPrefix("<!DOCTYPE html>"), "\(page)")
    #expect(page.text.hasSuffix("</html>\n"))
    let batch = try place.shell("\"$0\" batch . -o out --report -")
    #expect(batch.ending == .exit(0) && batch.text.hasPrefix("<!DOCTYPE html>"), "\(batch)")
    #expect(batch.text.hasSuffix("</html>\n") && batch.errorText.contains("repaired"))
    for line in [
      "inspect --json --html - in.core", "batch . -o out2 --json --report /dev/stdout",
      "batch . -o -",
    ] {
      let result = try place.shell("\"$0\" \(line)")
      #expect(result.ending == .exit(64), "\(line): \(result)")
      // Who asked for JSON gets the error as such, and nothing of a page.
      let told = result.output.isEmpty ? nil : try ParsedJSON(result.text)["status"]?.number
      #expect(told == (line.contains("--json") ? 64 : nil), "\(line): \(result)")
    }
    #expect(try place.folder.names() == ["in.core", "out"])
  }
}
