import CoreModel
import Salvage
import SalvageArchive
import SalvageText
import SystemPackage
import TestSupport
import Testing

/// No ELF core tells when its process died.
@Suite("the time of a death")
struct DeathTimeTests {
  private static let time: UInt64 = 1_600_000_000_123_456
  private static let bytes = CoreBuilder.typical().build().cut(to: 20_000)

  private struct Case {
    let folder: ScratchFolder
    let core: FilePath

    init(_ bytes: [UInt8] = DeathTimeTests.bytes) throws {
      folder = try ScratchFolder()
      core = try folder.write(bytes, to: "in.core")
      try FileTree.setModified(core, microseconds: DeathTimeTests.time)
    }
  }

  private static func mtime(_ time: UInt64 = time) -> DeathTime {
    DeathTime(microseconds: time, .mtime)
  }

  @Test("is the file's, and stands in ORIGIN, JSON and text")
  func byFile() throws {
    let place = try Case()
    let output = place.folder.file("out.core")
    let report = try Repair(of: .file(place.core)).write(to: output).report
    #expect(report.died == Self.mtime())
    let origin = try ParsedJSON(try #require(try ReferenceCore(contentsOf: output).origin()))
    #expect(origin["died"]?["time"]?.number == Double(Self.time))
    #expect(origin["died"]?["by"]?.string == "mtime")
    let words = "died      2020-09-13 12:26:40.123456 UTC, by the file's mtime"
    #expect(report.description.contains(words), "\(report)")
    #expect(try Inspection(of: .file(place.core)).description.contains(words))
    let json = try ParsedJSON(report.json.line)["died"]
    #expect(json?["time"]?.number == Double(Self.time) && json?["doubt"]?.string == nil)
  }

  @Test("is systemd's word before the file's", .needs(.userAttributes, .tool("python3")))
  func bySystemd() throws {
    let place = try Case()
    let code = "import os, sys; os.setxattr(*sys.argv[1:3], sys.argv[3].encode())"
    for (value, due) in [
      ("1599999999000001", DeathTime(microseconds: 1_599_999_999_000_001, .systemd)),
      ("-5", Self.mtime()), ("", Self.mtime()), ("99999999999999999999", Self.mtime()),
    ] {
      try Tool("python3", ["-c", code, place.core.string, "user.coredump.timestamp", value])
        .runSuccessfully()
      try FileTree.setModified(place.core, microseconds: Self.time)
      #expect(try Repair(of: .file(place.core)).report.died == due, "\(value)")
    }
  }

  @Test("is not known of a stream, and of what was made of one, however old that is")
  func ofStream() throws {
    let place = try Case()
    let output = place.folder.file("out.core")
    var tool = Tool.coresalvage("--json", "-", output.string)
    tool.input = .bytes(Self.bytes)
    let said = try tool.runSuccessfully().text
    #expect(said.contains(#""died":null"#), "\(said)")
    #expect(try ReferenceCore(contentsOf: output).origin()?.contains("died") == false)
    #expect(try Inspection(of: .file(output)).report.died == nil)
    #expect(try Repair(of: .file(output)).report.died == nil)
  }

  @Test("is that of the dump in what was repaired in place, and not that of the repair")
  func inPlace() throws {
    let place = try Case()
    #expect(try Repair.inPlace(place.core).report.died == Self.mtime())
    #expect(try FileTree.modified(place.core) > Self.time)
    #expect(try Inspection(of: .file(place.core)).report.died == Self.mtime())
    #expect(try Repair(of: .file(place.core)).report.died == Self.mtime())
    _ = try Undo(place.core)
    #expect(try FileTree.modified(place.core) == Self.time)
    #expect(try ReferenceSource.contents(of: place.core) == Self.bytes)
  }

  @Test(
    "that can't be right is told as what it is", arguments: [0, 1_000_000, 4_102_444_800_000_000])
  func absurd(time: UInt64) throws {
    let place = try Case()
    try FileTree.setModified(place.core, microseconds: time)
    let report = try Repair(of: .file(place.core)).report
    #expect(report.died == Self.mtime(time) && report.died?.doubt != nil)
    #expect(report.description.contains("died      not known: the file's mtime says "), "\(report)")
    #expect(try ParsedJSON(report.json.line)["died"]?["doubt"]?.string != nil)
  }

  @Test("is doubted before any core of Linux and in the future, and nowhere between")
  func doubt() {
    let now: UInt64 = 1_700_000_000_000_000
    for (time, isDoubted) in [
      (788_918_399_999_999, true), (788_918_400_000_000, false), (now, false),
      (now + 300_000_000, false), (now + 300_000_001, true), (UInt64.max, true),
    ] {
      #expect((Self.mtime(time).doubt(now: now) != nil) == isDoubted, "\(time)")
    }
  }

  @Test(
    "is kept by an archive, and becomes the restored core's whatever happens to the archive's own",
    arguments: [CoreBuilder.typical().build().bytes, bytes])
  func archived(bytes: [UInt8]) throws {
    let place = try Case(bytes)
    let archive = place.folder.file("kept.core.lz4")
    try Repair(of: .file(place.core)).archive(to: archive)
    try FileTree.setModified(archive, microseconds: 1_650_000_000_000_000)
    #expect(try Inspection(of: .file(archive)).report.died == Self.mtime())
    let restored = place.folder.file("restored.core")
    _ = try Restore(of: archive).write(to: restored)
    #expect(try FileTree.modified(restored) == Self.time)
    #expect(try Repair(of: .file(archive)).report.died == Self.mtime())
    // Without its beginning, the second copy of the manifest tells.
    var damaged = try ReferenceSource.contents(of: archive)
    damaged.replaceSubrange(0..<64, with: repeatElement(0, count: 64))
    let file = try place.folder.write(damaged, to: "damaged.core.lz4")
    _ = try Restore(of: file).write(to: place.folder.file("again.core"))
    #expect(try FileTree.modified(place.folder.file("again.core")) == Self.time)
  }

  @Test("makes an output of another time no current one, and one without it neither")
  func isCompared() {
    let digest = String(repeating: "0", count: 32)
    func origin(_ died: DeathTime?) -> Origin {
      Origin(sizeFound: 1, digest: digest, options: RepairOptions(), died: died)
    }
    let times = [nil, Self.mtime(), Self.mtime(1), DeathTime(microseconds: Self.time, .systemd)]
    for (first, one) in times.enumerated() {
      for (second, other) in times.enumerated() {
        let line = origin(other).json.line
        #expect(OriginNote(line)?.died == other)
        #expect(origin(one).isSame(as: line) == (first == second))
        #expect(origin(one).isSameButSize(as: line))
      }
    }
    let line = origin(Self.mtime()).json.line
    for length in 0..<line.count { #expect(OriginNote(String(line.prefix(length))) == nil) }
    for (old, new) in [("mtime", "guess"), (":16", ":016"), ("}}", "}}}"), ("}}", ",}}")] {
      #expect(OriginNote(line.replacing(old, with: new)) == nil, "\(new)")
    }
  }
}
