import CoreIO
import CoreModel
import Glibc
import SalvageCapture
import SystemPackage
import TestSupport
import Testing

@Suite("A list of captured cores")
struct CaptureListingTests {
  private static func write(
    _ record: CaptureRecord, to folder: ScratchFolder, as name: String,
    _ losses: [CapturedCore.Loss] = [], isFinished: Bool = true
  ) throws {
    var core = CapturedCore(.typical(), capture: record.noteDescriptor)
    core.losses = losses
    core.isFinished = isFinished
    try folder.write(core.build(), to: name)
  }

  @Test("tells of each what its notes say, the newest last")
  func entries() throws {
    let folder = try ScratchFolder()
    let store = try CaptureStore(folder.path)
    let whole = StoreSamples.record("whole", after: 30)
    try StoreSamples.keep(whole, in: store, folder)
    let part = StoreSamples.record("part", after: 10)
    try Self.write(
      part, to: folder, as: store.names(for: part).finished.lastComponent!.string,
      [CapturedCore.Loss(4, 0..<4096)])
    var begun = StoreSamples.record("begun", after: 20)
    begun.steps = [.init(.accepted, 0), .init(.near, 900)]
    try Self.write(
      begun, to: folder, as: store.names(for: begun).unfinished.lastComponent!.string,
      isFinished: false)
    let entries = try CaptureStore.list(in: folder.path).entries
    #expect(entries.map { String(decoding: $0.name, as: UTF8.self) } == ["part", "begun", "whole"])
    #expect(entries.map(\.state) == [.lost(4096), .unfinished, .whole])
    #expect(entries.map(\.time) == [part.time, begun.time, whole.time])
    #expect(entries[2].record == whole)
    #expect(entries.allSatisfy { $0.processID == 4242 && $0.userID == 1000 && !$0.isArchive })
  }

  @Test("tells all of a record only when it is asked for it")
  func fullRecord() throws {
    let folder = try ScratchFolder()
    var record = CaptureSamples.full
    record.hasChangedCredentials = false
    try Self.write(record, to: folder, as: "some.core")
    let entry = try #require(try CaptureStore.list(in: folder.path).entries.first)
    #expect(entry.record?.modules.isEmpty == true)
    #expect(try entry.fullRecord() == record)
  }

  @Test("names what can't be read, and never ends with it")
  func hostile() throws {
    let folder = try ScratchFolder()
    let good = StoreSamples.record()
    try StoreSamples.keep(good, in: CaptureStore(folder.path), folder)
    #expect(mkfifo(folder.file("fifo.core").string, 0o600) == 0)
    #expect(symlink("/etc/passwd", folder.file("link.core").string) == 0)
    #expect(symlink("nowhere", folder.file("nowhere.capturing").string) == 0)
    _ = try folder.makeFolder("folder.core.lz4")
    let long = String(repeating: "\n", count: 250) + ".core"
    for name in [long, "empty.core", "text.core.lz4", "\u{1b}[31m.core"] {
      try folder.write([1, 2, 3], to: name)
    }
    for name in ["other.txt", ".hidden.core", "core", "x.core.gz"] {
      try folder.write([1], to: name)
    }
    let entries = try CaptureStore.list(in: folder.path).entries
    #expect(entries.count == 9)
    for entry in entries where entry.record == nil {
      guard case .unreadable = entry.state else {
        Issue.record("\(entry)")
        continue
      }
      #expect((try? entry.fullRecord()) == nil)
      guard entry.size != 3 else { continue }
      #expect(throws: SalvageError.self, "\(entry.path)") {
        try entry.write(to: OutputPlace(folder.file("out")))
      }
    }
    #expect(entries.count { $0.state == .whole } == 1)
  }

  @Test("of cut and damaged cores never traps")
  func damaged() throws {
    let folder = try ScratchFolder()
    let bytes = StoreSamples.core(StoreSamples.record())
    for (index, size) in stride(from: 0, to: bytes.count, by: 977).enumerated() {
      try folder.write(Array(bytes[..<size]), to: "\(index).core")
    }
    var random = SeededGenerator(seed: 7)
    for index in 0..<60 {
      var changed = bytes
      for _ in 0..<40 {
        changed[Int.random(in: 0..<changed.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      try folder.write(changed, to: "changed-\(index).core")
    }
    let entries = try CaptureStore.list(in: folder.path).entries
    #expect(entries.count > 60)
    #expect(
      entries.filter { $0.path.lastComponent!.string.count < 9 }.allSatisfy { $0.state != .whole })
  }

  @Test("has a core once, though its archive is there already")
  func pairs() throws {
    let folder = try ScratchFolder()
    let record = StoreSamples.record()
    let path = try StoreSamples.keep(record, in: CaptureStore(folder.path), folder)
    try folder.write([1], to: path.lastComponent!.string + ".lz4")
    #expect(try CaptureStore.list(in: folder.path).entries.map(\.path) == [path])
  }

  // MARK: Selection

  /// The names that match, oldest first.
  private static func matches(
    _ words: [String], newest: Bool = false, since: UInt64? = nil, until: UInt64? = nil
  ) throws -> [String] {
    let folder = try ScratchFolder()
    let store = try CaptureStore(folder.path)
    for (index, name) in ["a", "b", "c", "a"].enumerated() {
      var record = StoreSamples.record(name, after: UInt64(index))
      record.processID = UInt32(100 + index)
      if name == "b" { record.unit = CaptureSamples.bytes("b.service") }
      if name == "c" { record.name = CaptureSamples.bytes("123456789012345") }
      try StoreSamples.keep(record, in: store, folder)
    }
    let file = try #require(folder.names().first { $0.hasPrefix("b.") })
    var match = CaptureMatch(
      words.map {
        FilePath($0.replacing("FILE", with: file).replacing("DIR", with: folder.path.string))
      })
    match.isNewestOnly = newest
    let start = StoreSamples.record().time
    match.since = since.map { start + $0 * 1_000_000 }
    match.until = until.map { start + $0 * 1_000_000 }
    return try CaptureStore.list(in: folder.path, matching: match).entries
      .compactMap { $0.processID.map { String($0) } }
  }

  @Test(
    "is of the cores that the words mean",
    arguments: [
      ([], "100 101 102 103"), (["101"], "101"), (["99999999999"], ""),
      (["101", "103"], "101 103"),
      (["a"], "100 103"), (["a", "103"], "103"), (["b", "103"], ""), (["/usr/bin/b"], "101"),
      (["/usr/bin"], ""), (["b.service"], "101"), (["c.service"], ""), (["FILE"], "101"),
      (["DIR/FILE"], "101"), (["/elsewhere/FILE"], ""), (["1234567890123456789"], ""),
      (["123456789012345"], ""), (["no.core"], ""), (["A"], ""),
    ])
  func words(_ words: [String], _ expected: String) throws {
    #expect(try Self.matches(words).joined(separator: " ") == expected)
  }

  @Test("is of the time that is asked for, and of the newest alone")
  func time() throws {
    #expect(try Self.matches([], since: 1, until: 2) == ["101", "102"])
    #expect(try Self.matches(["a"], since: 1) == ["103"])
    #expect(try Self.matches([], newest: true) == ["103"])
    #expect(try Self.matches([], newest: true, until: 2) == ["102"])
    #expect(try Self.matches(["b", "/usr/bin/b"], newest: true) == ["101"])
  }

  @Test("knows a process by a name that is longer than the kernel keeps")
  func longName() throws {
    let folder = try ScratchFolder()
    try StoreSamples.keep(
      StoreSamples.record("a-long-name-of-"), in: CaptureStore(folder.path), folder)
    let match = CaptureMatch(["a-long-name-of-a-daemon"])
    #expect(try CaptureStore.list(in: folder.path, matching: match).entries.count == 1)
  }
}

@Suite("A moment")
struct MomentTests {
  /// 2026-11-29 06:27:31 UTC.
  private static let now = Moment("@1795933651")

  @Test(
    "is read as people write it",
    arguments: [
      ("@0", 0), ("@1795933651", 1_795_933_651), ("now", 1_795_933_651), ("today", 1_795_910_400),
      ("yesterday", 1_795_824_000), ("-2h", 1_795_926_451), ("-30min", 1_795_931_851),
      ("-1h30min", 1_795_928_251), ("-90s", 1_795_933_561), ("-1d", 1_795_847_251),
      ("2026-11-29", 1_795_910_400), ("2026-11-29 06:27", 1_795_933_620),
      ("2026-11-29 06:27:31", 1_795_933_651), ("2024-02-29", 1_709_164_800), ("1970-01-01", 0),
      ("-9999999999d", 0),
    ] as [(String, UInt64)])
  func read(_ text: String, _ seconds: UInt64) {
    #expect(Moment(text, now: Self.now)?.microseconds == seconds * 1_000_000)
  }

  @Test(
    "is none where the words are none",
    arguments: [
      "", "@", "@-1", "@18446744073709551615", "2026-02-29", "2026-13-01", "2026-00-10",
      "1969-12-31",
      "2026-11-29 24:00", "2026-11-29 6:27", "2026-11-29T06:27", "2026-11-29 06:27:31.5",
      "tomorrow",
      "-", "-2", "-h", "2h", "-2x", "-+2h", "+2h", "-99999999999999999999h", "2026-11-2९",
    ])
  func refused(_ text: String) { #expect(Moment(text, now: Self.now) == nil) }
}
