import Glibc
import SystemPackage
import TestSupport
import Testing

/// Crashes of which no core can be kept, or not all of one. The handler has them on standard input, as from the kernel.
@Suite("capture pipe that can't keep a core")
struct CaptureRoomTests {
  /// More than any process has.
  private static let processID = 4_194_305

  private static let core: [UInt8] = {
    var builder = CoreBuilder.typical()
    var random = SeededGenerator(seed: 11)
    builder.segments.append(BuilderSegment(at: 0x7fff_0000_0000, random.nonZeroBytes(4 << 20)))
    return builder.build().bytes
  }()

  private static func pipe(
    _ bytes: [UInt8], to store: FilePath, _ options: [String] = []
  ) throws -> ToolResult {
    var tool = Tool.coresalvage(
      ["capture", "pipe", "--store", store.string] + options + ["\(processID)"])
    tool.input = .bytes(bytes)
    return try tool.run()
  }

  /// Expects one line on standard error, and nothing on standard output.
  private static func expect(
    _ result: ToolResult, _ status: Int32, says words: String...,
    location: SourceLocation = #_sourceLocation
  ) {
    #expect(result.ending == .exit(status), "\(result)", sourceLocation: location)
    #expect(result.output.isEmpty, "\(result)", sourceLocation: location)
    let lines = result.errorText.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 2 && lines.last == "", "\(result)", sourceLocation: location)
    for word in ["coresalvage: "] + words {
      #expect(result.errorText.contains(word), "\(result)", sourceLocation: location)
    }
  }

  private static func list(_ store: FilePath, _ words: String...) throws -> ToolResult {
    try Tool.coresalvage(["capture", "list", "--store", store.string] + words).run()
  }

  /// The programs of which crashes were counted.
  private static func skipped(_ store: FilePath) throws -> [ParsedJSON] {
    let line = try #require(try list(store, "--json").lines.first)
    return try ParsedJSON(line)["skipped"]?["programs"]?.array ?? []
  }

  /// Runs with a small file system as the store.
  private static func withSmallStore(
    _ size: String, _ body: (FilePath, ScratchFolder) throws -> Void
  ) throws {
    let folder = try ScratchFolder()
    let store = try folder.makeFolder("store")
    try Tool("mount", ["-t", "tmpfs", "-o", "size=\(size)", "none", store.string])
      .runSuccessfully()
    defer { _ = try? Tool("umount", [store.string]).run() }
    try body(store, folder)
  }

  /// Takes all that is left of it.
  private static func fill(_ store: FilePath) throws {
    _ = try Tool("dd", ["if=/dev/zero", "of=\(store)/fill", "bs=4k"]).run()
  }

  @Test("for want of room ends with status 3, says so, and counts the crash", .needs(.mounts))
  func counted() throws {
    try Self.withSmallStore("300k") { store, _ in
      let result = try Self.pipe(Self.core, to: store, ["--keep-free", "0"])
      Self.expect(
        result, 3, says: "not captured ", "(pid \(Self.processID)): \(store)",
        ": No space left on device; it was counted\n")
      let listed = try Self.list(store)
      #expect(listed.ending == .exit(1), "\(listed)")
      #expect(listed.text.hasPrefix("not captured:\n  1 of typical, at "), "\(listed)")
      #expect(listed.text.hasSuffix(" UTC: no room\n"), "\(listed)")
      let program = try #require(try Self.skipped(store).first)
      #expect(program["reason"]?.string == "room" && program["count"]?.number == 1)
      // The count has its place on the disk by now.
      try Self.fill(store)
      let full = try Self.pipe(Self.core, to: store, ["--keep-free", "0"])
      Self.expect(full, 3, says: "; it was counted\n")
      let counts = try Self.skipped(store).map { $0["count"]?.number ?? 0 }
      #expect(counts.reduce(0, +) == 2, "\(counts)")
    }
  }

  @Test("for want of room is told by capture status, too", .needs(.mounts, .kernelCores))
  func toldByStatus() throws {
    try Self.withSmallStore("300k") { store, _ in
      let pattern = "|/none/coresalvage capture pipe --store=\(store) %P"
      func status(_ words: String...) throws -> String {
        try KernelSettings.with(["kernel.core_pattern": pattern]) {
          try Tool.coresalvage(["capture", "status"] + words).run().text
        }
      }
      #expect(try !status().contains("  missed "))
      #expect(try ParsedJSON(status("--json"))["missed"]?.value == .null)
      _ = try Self.pipe(Self.core, to: store, ["--keep-free", "0"])
      let line = "  missed    1 of the crashes that came have no core: "
      let command = "coresalvage capture list --store \(store)\n"
      #expect(try status().contains(line + command))
      #expect(try ParsedJSON(status("--json"))["missed"]?.number == 1)
    }
  }

  @Test(
    "doesn't say that it has counted a crash for which there was no room at all", .needs(.mounts))
  func full() throws {
    try Self.withSmallStore("300k") { store, _ in
      try Self.fill(store)
      let result = try Self.pipe(Self.core, to: store, ["--keep-free", "0"])
      Self.expect(result, 3, says: ": No space left on device\n")
      let listed = try Self.list(store)
      #expect(listed.output.isEmpty && listed.ending == .exit(1), "\(listed)")
    }
  }

  @Test("whole for want of room ends with status 3, and names the core that there is")
  func cutShort() throws {
    let store = try ScratchFolder()
    let result = try Self.pipe(Self.core, to: store.path, ["--keep-free", "9999999G"])
    Self.expect(
      result, 3, says: " of its memory lost for want of room, ", ": \(store.path)/", ".core\n")
    let name = try #require(try store.names().first { $0.hasSuffix(".core") })
    #expect(result.errorText.hasSuffix("/\(name)\n"), "\(result)")
    let listed = try Self.list(store.path)
    #expect(listed.ending == .exit(0) && listed.lines.count == 2, "\(listed)")
    #expect(listed.lines[1].contains(" lost "), "\(listed)")
  }

  @Test("is silent where it keeps all of one")
  func kept() throws {
    let store = try ScratchFolder()
    let result = try Self.pipe(Self.core, to: store.path, ["--keep-free", "0"])
    #expect(result.ending == .exit(0) && result.errorText.isEmpty, "\(result)")
    #expect(try Self.list(store.path).lines.count == 2)
  }

  @Test("of more crashes than it is to keep says so, and that is what was asked for")
  func tooMany() throws {
    let store = try ScratchFolder()
    let options = ["--keep-free", "0", "--per-minute", "1"]
    _ = try Self.pipe(Self.core, to: store.path, options)
    let result = try Self.pipe(Self.core, to: store.path, options)
    Self.expect(
      result, 0, says: "not captured a process (pid \(Self.processID)): too many crashes")
    let last = try #require(try Self.list(store.path).lines.last)
    // Its name would have come with its core.
    #expect(last.hasPrefix("  1 of a program whose name is not known, at "), "\(last)")
    #expect(last.hasSuffix(" UTC: too many at a time"), "\(last)")
  }

  @Test(
    "says that what it gets is none, and ends with status 2",
    arguments: ["garbage\n", "\u{7f}ELG", String(repeating: "no core ", count: 100)])
  func garbage(text: String) throws {
    let store = try ScratchFolder()
    let result = try Self.pipe(Array(text.utf8), to: store.path)
    Self.expect(
      result, 2, says: "not captured a process (pid \(Self.processID)): standard input: not a core")
    #expect(try Self.list(store.path).output.isEmpty)
    #expect(try store.names() == [".recent-crashes"])
  }

  @Test("says that nothing came of one, and ends with status 2", arguments: [0, 4, 63])
  func nothing(size: Int) throws {
    let store = try ScratchFolder()
    let result = try Self.pipe(Array(Self.core.prefix(size)), to: store.path)
    Self.expect(
      result, 2,
      says: "a process (pid \(Self.processID)) was gone before anything of its core came")
    #expect(try store.names() == [".recent-crashes"])
  }

  @Test(
    "tells the kernel's log, for the kernel keeps nothing of what a handler prints",
    .needs(.root, .path("/dev/kmsg")))
  func kernelLog() throws {
    let log = try FileDescriptor.open("/dev/kmsg", .readOnly, options: [.nonBlocking])
    defer { try? log.close() }
    _ = try log.seek(offset: 0, from: .end)
    let store = try ScratchFolder()
    let result = try Self.pipe(Self.core, to: store.path, ["--keep-free", "9999999G"])
    let missing = try Self.pipe(Self.core, to: store.file("no/store"))
    Self.expect(missing, 3, says: "make the store: No such file or directory")
    let told = Self.records(of: log)
    #expect(told.contains { $0 == result.errorText }, "\(result) in \(told)")
    #expect(told.contains { $0.hasPrefix("coresalvage: not captured pid \(Self.processID): ") })
    // What is kept is worth no line.
    _ = try Self.pipe(Self.core, to: store.path, ["--keep-free", "0"])
    #expect(!Self.records(of: log).contains { $0.contains(store.path.string) })
  }

  /// What comes next in the kernel's log from programs, as errors: the texts.
  private static func records(of log: FileDescriptor) -> [String] {
    var records: [String] = []
    var record = [UInt8](repeating: 0, count: 8192)
    while let count = try? record.withUnsafeMutableBytes({ try log.read(into: $0) }), count > 0 {
      records.append(String(decoding: record[..<count], as: UTF8.self))
    }
    return records.filter { $0.hasPrefix("11,") }
      .map { String($0.drop { $0 != ";" }.dropFirst()) }
  }
}
