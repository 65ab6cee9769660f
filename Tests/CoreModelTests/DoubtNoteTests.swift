import CoreIO
import CoreModel
import Testing

/// The DOUBT note by itself: it is written by us and read from anybody.
@Suite("the note of what is in doubt")
struct DoubtNoteTests {
  private static let doubts: [CoreVerdict.Reason] = [
    .init(.checksum, "Some bytes are wrong."),
    .init(
      .files, "Memory is from a file: \(PrintableText("/a\\b\u{1b}[1m\u{e9}\u{202e}\"")).",
      isDamage: false),
    .init(.init(rawValue: "of a later version"), ""),
  ]

  @Test("says the same once it was written and read, escapes and all; none is written for nothing")
  func roundTrip() throws {
    let note = try #require(DoubtNote(Self.doubts))
    #expect(DoubtNote(descriptor: note.descriptor)?.doubts == Self.doubts)
    #expect(note.descriptor.allSatisfy { (0x20..<0x7f).contains($0) })
    #expect(DoubtNote([]) == nil)
  }

  @Test("cut anywhere before its end it is none")
  func cut() throws {
    let bytes = try #require(DoubtNote(Self.doubts)).descriptor
    for length in 0..<bytes.count {
      #expect(DoubtNote(descriptor: Array(bytes[..<length])) == nil, "\(length)")
    }
  }

  @Test("nothing of it reaches a terminal raw, and no more is taken than anybody writes")
  func hostile() throws {
    let entry = #"{"kind":"\u001b[2J","text":"\u001b]0;\u0007 \\u{1b} \u202e","damage":true}"#
    let list = Array(repeating: entry, count: 1000).joined(separator: ",")
    let note = try #require(
      DoubtNote(descriptor: Array(#"{"format":1,"more":2,"doubts":[\#(list)]}"#.utf8)))
    #expect(note.doubts.count == 64)
    for doubt in note.doubts {
      #expect(
        (doubt.kind.rawValue + doubt.text).unicodeScalars.allSatisfy { (0x20..<0x7f) ~= $0.value })
    }
    for other in ["{}", "[]", #"{"format":2,"doubts":[]}"#, #"{"format":1,"doubts":[{}]}"#] {
      #expect(DoubtNote(descriptor: Array(other.utf8)) == nil, "\(other)")
    }
  }
}
