import CoreIO
import CoreModel
import Testing

@testable import Salvage

/// By this note an output is taken for the one that is wanted, and an undo for the right one.
@Suite("an ORIGIN note")
struct OriginTests {
  private static let origin = Origin(
    sizeFound: 4096, digest: "0123456789abcdef0123456789abcdef", options: RepairOptions())
  private static let line = origin.json.line

  private static func line(_ old: String, _ new: String) -> String {
    #expect(line.contains(old))
    return line.replacing(old, with: new)
  }

  @Test(
    "is the same by whichever version it was written",
    arguments: ["coresalvage 0.0.1", "coresalvage 2, a fork, of that", "", "{,}[:"])
  func otherVersion(tool: String) {
    let line = Self.line("coresalvage \(SalvageVersion.current)", tool)
    #expect(Self.origin.isSame(as: line) && Self.origin.isSameButSize(as: line))
    #expect(OriginNote(line)?.tool == tool)
  }

  @Test("of another size is the same but for its size")
  func otherSize() {
    let line = Self.line("4096", "4097")
    #expect(!Self.origin.isSame(as: line) && Self.origin.isSameButSize(as: line))
  }

  @Test(
    "of other contents, or of another shape, is not the same",
    arguments: [
      (#""format":1"#, #""format":2"#), ("xxh3-128:0", "xxh3-128:1"),
      ("{}", #"{"extend":"none"}"#), ("{}", "{},"), ("{}}", "{}"), ("{}}", "{}}}"),
      (#""options""#, #""more":1,"options""#), ("4096", "+4096"), ("4096", "04096"),
      // A tool that brings its own members, or ends in a backslash.
      ("coresalvage ", #"x","sizeFound":1,"headDigest":"1","options":{}},""#),
      ("coresalvage ", #"x\",""#), (#""format":1,"#, ""),
    ])
  func other(old: String, new: String) {
    let line = Self.line(old, new)
    #expect(!Self.origin.isSame(as: line) && !Self.origin.isSameButSize(as: line), "\(line)")
  }

  @Test("whose members stand in another order is none")
  func otherOrder() {
    let size = #""sizeFound":4096"#
    let tool = "\"tool\":\"coresalvage \(SalvageVersion.current)\""
    let line = Self.line("\(tool),\(size)", "\(size),\(tool)")
    #expect(OriginNote(line) == nil && !Self.origin.isSame(as: line))
  }

  @Test("of an input with places where blocks are missing names some, in one way only")
  func moved() {
    let seams = (0..<20 as Range<UInt64>).map {
      OffsetSurvey.Seam(range: $0 * 100..<$0 * 100 + 50, change: $0 % 2 == 0 ? -4096 : 512)
    }
    for died in [nil, DeathTime(microseconds: 1_600_000_000_000_000, .mtime)] {
      var origin = Self.origin
      origin.died = died
      let plain = origin.json.line
      let told = Origin(
        sizeFound: 4096, digest: origin.digest, options: RepairOptions(), died: died, moved: seams)
      let line = told.json.line
      #expect(OriginNote(plain)?.moved == [] && OriginNote(line)?.moved == Array(seams.prefix(16)))
      #expect(OriginNote(line)?.died == died)
      // It is found out of the input: the same input is the same.
      #expect(told.isSame(as: line))
      for length in 0..<line.count { #expect(OriginNote(String(line.prefix(length))) == nil) }
      for (old, new) in [
        ("\"missing\":4096", "\"missing\":-1"), ("\"missing\":4096", "\"missing\":04096"),
        ("\"after\":0", "\"after\":900"), ("\"before\"", "\"Before\""),
        ("\"moved\":[", "\"moved\":[],\"x\":["),
        ("]}", "],\"x\":1}"), ("},{", "}{"),
        ("4096,\"surplus\"", "99999999999999999999,\"surplus\""),
      ] {
        #expect(line.contains(old))
        #expect(OriginNote(line.replacing(old, with: new)) == nil, "\(new)")
      }
    }
  }

  @Test("that is cut is none, wherever that is")
  func cut() {
    for length in 0..<Self.line.count {
      let line = String(Self.line.prefix(length))
      #expect(!Self.origin.isSame(as: line) && !Self.origin.isSameButSize(as: line), "\(line)")
    }
  }
}
