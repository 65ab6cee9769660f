import Glibc
import SystemPackage
import TestSupport
import Testing

/// The same cut core by every way in and every way out.
@Suite("a way in or out")
struct WayTests {
  /// How an input can be handed over: the file that is named, or what standard input is.
  enum WayIn: CaseIterable { case file, pipe, redirected, zstd, lz4, linkedLZ4, packedPipe }
  enum WayOut: CaseIterable { case file, pipe, inPlace }

  /// A fixture, and what stands in the output where lost bytes were.
  static let cases = [
    ("clock-static.rlimit-main-stack", "due"), ("clock-32.fsize-libraries", "none"),
    ("bakery.full-disk-notes", "due"), ("bakery.sorted-memory", "due"),
    ("bakery.handler-memory", "none"),
  ]

  private func arguments(
    _ way: WayIn, _ core: FilePath, in folder: ScratchFolder
  ) throws -> (name: String, input: Tool.Input) {
    let packed = folder.file("packed")
    func pack(_ program: String, _ options: String...) throws -> String {
      try Need.tool(program).require()
      let output = program == "zstd" ? ["-o"] : []
      try Tool(program, ["-q", "-f"] + options + [core.string] + output + [packed.string])
        .runSuccessfully()
      return packed.string
    }
    switch way {
    case .file: return (core.string, .none)
    case .pipe: return ("-", .bytes(try ReferenceSource.contents(of: core)))
    case .redirected: return ("-", .file(core))
    case .zstd: return (try pack("zstd"), .none)
    case .lz4: return (try pack("lz4"), .none)
    case .linkedLZ4: return (try pack("lz4", "-BD", "-B4"), .none)
    case .packedPipe: return ("-", .bytes(try ReferenceSource.contents(of: FilePath(pack("lz4")))))
    }
  }

  @Test("gives the same bytes as every other that has the file's time", arguments: cases)
  func sameBytes(sample: String, extend: String) throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("\(sample).core", into: folder)
    // Libraries that were touched since then are doubted: it is newer than all of them.
    try FileTree.setModified(core, microseconds: UInt64(time(nil)) * 1_000_000)
    let output = folder.file("out")
    try Tool.coresalvage("-q", "--extend", extend, core.string, output.string).runSuccessfully()
    let expected = try ReferenceSource.contents(of: output)
    // A pipe has no time.
    var tool = Tool.coresalvage("-q", "--extend", extend, "-", folder.file("piped").string)
    tool.input = .bytes(try ReferenceSource.contents(of: core))
    try tool.runSuccessfully()
    let piped = try ReferenceSource.contents(of: folder.file("piped"))
    #expect(try ReferenceCore(expected).origin()?.contains(#","died":{"#) == true)
    #expect(try ReferenceCore(piped).origin()?.contains("died") == false)
    #expect(try ReferenceCore(piped).lost() == ReferenceCore(expected).lost())
    for way in WayIn.allCases {
      let (name, input) = try arguments(way, core, in: folder)
      let expected = [.pipe, .packedPipe].contains(way) ? piped : expected
      var tool = Tool.coresalvage(
        "-q", "--force", "--extend", extend, name, folder.file("way").string)
      tool.input = input
      try tool.runSuccessfully()
      #expect(try ReferenceSource.contents(of: folder.file("way")) == expected, "\(way) to a file")
      tool = Tool.coresalvage("-q", "--extend", extend, "--temp-dir", folder.path.string, name, "-")
      tool.input = input
      #expect(try tool.runSuccessfully().output == expected, "\(way) to a pipe")
    }
    #expect(try folder.names().filter { $0.hasPrefix(".") } == [])
    let before = try ReferenceSource.contents(of: core)
    try Tool.coresalvage("-q", "--extend", extend, "--in-place", core.string).runSuccessfully()
    #expect(try ReferenceSource.contents(of: core) == expected, "in place")
    try Tool.coresalvage("undo", core.string).runSuccessfully()
    #expect(try ReferenceSource.contents(of: core) == before, "undone")
  }

  @Test("through a pipe has no hole unless asked for, and says its report elsewhere")
  func standardOutput() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("clock-static.rlimit-main-stack.core", into: folder)
    let plain = try Tool.coresalvage(core.string, "-").runSuccessfully()
    let none = folder.file("none")
    try Tool.coresalvage("-q", "--extend", "none", core.string, none.string).runSuccessfully()
    #expect(plain.output == (try ReferenceSource.contents(of: none)))
    #expect(plain.errorText.contains("cut after 368 kB"))
    let json = try Tool.coresalvage("--json", core.string, "-").runSuccessfully()
    #expect(json.output == plain.output)
    #expect(json.errorText.hasPrefix("{") && json.errorText.split(separator: "\n").count == 1)
  }

  @Test("from a pipe makes a file that is its owner's alone")
  func permissions() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("clock-static.rlimit-main-stack.core", into: folder)
    var tool = Tool.coresalvage("-q", "-", folder.file("out").string)
    tool.input = .bytes(try ReferenceSource.contents(of: core))
    try tool.runSuccessfully()
    #expect(try FileTree.status(folder.file("out")).st_mode & 0o777 == 0o600)
  }

  @Test("that breaks off says nothing is there, and leaves nothing")
  func empty() throws {
    let folder = try ScratchFolder()
    for bytes in [
      [], Array("\u{7f}ELF".utf8), [0x28, 0xb5, 0x2f, 0xfd], [0x04, 0x22, 0x4d, 0x18, 0x64],
    ] {
      var tool = Tool.coresalvage("-", folder.file("out").string)
      tool.input = .bytes(bytes)
      let result = try tool.run()
      #expect(result.ending == .exit(2), "\(result)")
      #expect(result.errorText.split(separator: "\n").count == 1, "\(result)")
      #expect(try folder.names() == [])
    }
  }

  @Test("tells the stream's cut from the dump's", .needs(.tool("zstd")))
  func whichWasCut() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("bakery.sorted-memory.core", into: folder)
    let packed = folder.file("core.zst")
    try Tool("zstd", ["-q", core.string, "-o", packed.string]).runSuccessfully()
    let whole = try Tool.coresalvage("-n", packed.string).runSuccessfully()
    #expect(whole.text.contains("the zstd stream is whole: it is the dump in it that was cut"))
    let bytes = try ReferenceSource.contents(of: packed)
    let cut = try folder.write(Array(bytes[..<(bytes.count * 9 / 10)]), to: "cut.zst")
    let result = try Tool.coresalvage(cut.string, folder.file("out").string).runSuccessfully()
    #expect(result.text.contains("the zstd stream was cut"))
    let lost = try #require(try ReferenceCore(contentsOf: folder.file("out")).lost())
    #expect(lost.entries.allSatisfy { $0.cause == 3 })
  }

  @Test(
    "says that no checksum vouches for a sound stream where it has none, and only there",
    .needs(.tool("zstd"), .tool("lz4"), .tool("gzip")))
  func checksums() throws {
    let folder = try ScratchFolder()
    let core = try folder.write(CoreBuilder.typical().build().bytes, to: "core")
    for (packer, isChecked) in [
      (["zstd"], true), (["zstd", "--no-check"], false), (["lz4"], true),
      (["lz4", "--no-frame-crc"], false), (["gzip"], true),
    ] {
      let packed = try Tool(packer[0], packer.dropFirst() + ["-q", "-c", core.string])
        .runSuccessfully().output
      let path = try folder.write(packed, to: "packed").string
      for words in [["inspect", path], ["-n", path]] {
        let text = try Tool.coresalvage(words).runSuccessfully().text
        let isDoubted = text.contains("no checksum vouches for its bytes")
        #expect(isDoubted != isChecked, "\(packer) \(text)")
      }
    }
  }

  @Test(
    "tells a stream that was cut behind a whole core, and one whose dump is too long",
    .needs(.tool("zstd"), .tool("gzip")))
  func cutBehindCore() throws {
    let folder = try ScratchFolder()
    let core = try folder.write(CoreBuilder.typical().build().bytes, to: "core")
    for (packer, name) in [(["zstd", "--check"], "zstd"), (["gzip"], "gzip")] {
      let packed = try Tool(packer[0], packer.dropFirst() + ["-c", core.string]).runSuccessfully()
      // In the checksum.
      let cut = try folder.write(Array(packed.output.dropLast(2)), to: "cut.\(name)")
      let check = try Tool.coresalvage("check", cut.string).runSuccessfully()
      #expect(check.text.contains(": whole"), "\(check)")
      #expect(check.text.contains("; the \(name) stream was cut"), "\(check)")
    }
    let long = try folder.write(
      ReferenceSource.contents(of: core) + [UInt8](repeating: 0, count: 1 << 20), to: "long")
    let packed = folder.file("long.zst")
    try Tool("zstd", ["-q", long.string, "-o", packed.string]).runSuccessfully()
    let told = try Tool.coresalvage("-n", packed.string).run()
    #expect(!told.text.contains("was cut"), "\(told)")
  }

  @Test(
    "shows what systemd-coredump wrote beside the core",
    .needs(.tool("python3"), .userAttributes))
  func attributes() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("clock-static.rlimit-main-stack.core", into: folder)
    let script = """
      import os
      for name, value in ("pid", b"960"), ("rlimit", b"1048576"), ("exe", b"/bin/\\x1b[31mx"), ("signal", b"11"):
        os.setxattr("\(core)", "user.coredump." + name, value)
      """
    try Tool("python3", ["-c", script]).runSuccessfully()
    let result = try Tool.coresalvage("-n", core.string).runSuccessfully()
    #expect(
      result.text.contains(
        "systemd   /bin/\\u{1b}[31mx, pid 960, signal 11, its RLIMIT_CORE was 1048576"), "\(result)"
    )
    #expect(
      try Tool.coresalvage("-n", "--json", core.string).runSuccessfully().text.contains(
        "\"rlimit\":\"1048576\""))
  }

  @Test("of a core that still grows is refused, and taken with --growing")
  func growing() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("clock-static.rlimit-main-stack.core", into: folder)
    let script =
      "exec 3>>\(core); i=0; while [ $i -lt 200 ]; do printf x >&3; sleep 0.02; i=$((i+1)); done"
    let writer = try RunningTool(Tool("sh", ["-c", script]))
    defer {
      writer.send(9)
      _ = try? writer.finish()
    }
    usleep(100_000)
    for arguments in [[core.string, folder.file("out").string], ["--in-place", core.string]] {
      let result = try Tool.coresalvage(arguments).run()
      #expect(result.ending == .exit(3), "\(result)")
      #expect(result.errorText.contains("still grows"))
    }
    #expect(!FileTree.exists(folder.file("out")))
    try Tool.coresalvage("-q", "--growing", core.string, folder.file("out").string)
      .runSuccessfully()
  }

  @Test("with a tail of zeros is told of, and lost if the user says so")
  func zeroTail() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("bakery.whole.core", into: folder)
    let whole = try Tool.coresalvage("-n", core.string).runSuccessfully()
    #expect(!whole.text.contains("zeros"), "\(whole)")
    let size = try FileTree.size(core)
    #expect(truncate(core.string, 10_000_123) == 0 && truncate(core.string, off_t(size)) == 0)
    let kept = try Tool.coresalvage("-n", core.string).runSuccessfully()
    #expect(kept.text.contains("are zeros: "), "\(kept)")
    #expect(kept.text.contains("left by a power cut (--zero-tail lost)"), "\(kept)")
    #expect(kept.text.contains("damage    The main stack reads as zeros."), "\(kept)")
    try Tool.coresalvage("-q", "--zero-tail", "lost", core.string, folder.file("out").string)
      .runSuccessfully()
    let result = try ReferenceCore(contentsOf: folder.file("out"))
    let lost = try #require(try result.lost())
    #expect(lost.entries.allSatisfy { $0.cause == 4 })
    #expect(try #require(lost.entries.first).offset <= 10_000_384)
    #expect(
      result.loads.allSatisfy {
        $0.fileRange.upperBound <= 10_002_432 || $0.offset >= size || $0.fileSize == 0
      })
  }

  @Test("in place refuses what it can't do, and changes nothing")
  func refusedInPlace() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("clock-static.rlimit-main-stack.core", into: folder)
    let link = folder.file("link")
    #expect(symlink(core.string, link.string) == 0)
    let before = try ReferenceSource.contents(of: core)
    for (arguments, status) in [
      (["--in-place", link.string], 2), (["--in-place", "-"], 64),
      (["--in-place", core.string, "x"], 64),
      (["--in-place", "--lost", "pad", "--lost-range", "200000:10", core.string], 2),
      (["undo", core.string], 2), (["--in-place", folder.file("absent").string], 3),
    ] as [([String], Int32)] {
      let result = try Tool.coresalvage(arguments).run()
      #expect(result.ending == .exit(status), "\(arguments): \(result)")
      #expect(try ReferenceSource.contents(of: core) == before)
    }
  }

  @Test("onto a full disk, in place, leaves the core as it was", .needs(.mounts))
  func fullDiskInPlace() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("clock-static.rlimit-main-stack.core", into: folder)
    let place = try folder.makeFolder("small")
    let mounted = try Tool("mount", ["-t", "tmpfs", "-o", "size=1056k", "none", place.string]).run()
    try #require(mounted.ending == .exit(0), "\(mounted)")
    defer { _ = try? Tool("umount", [place.string]).run() }
    let small = place.appending("core")
    try Tool("cp", ["--sparse=always", core.string, small.string]).runSuccessfully()
    _ = try Tool("sh", ["-c", "cat /dev/zero > \(place)/fill"]).run()
    let result = try Tool.coresalvage("--in-place", small.string).run()
    #expect(result.ending == .exit(3), "\(result)")
    #expect(result.errorText.contains("No space left"))
    #expect(try ReferenceSource.contents(of: small) == ReferenceSource.contents(of: core))
  }
}
