import CoreIO
import TestSupport
import Testing

@Suite("Reading JSON of strangers")
struct JSONReaderTests {
  private static func read(_ text: String) -> JSONValue? { JSONReader.value(of: Array(text.utf8)) }

  @Test("gives back what was written")
  func identity() {
    let value = JSONValue.members([
      "a": .null, "b": .bool(true), "c": .bool(false), "d": .number(.max), "e": .number(0),
      "f": .string("\u{0}\u{1f}\"\\/\u{7f}\u{e9}\u{2028}\u{1f980}"), "g": .array([]),
      "h": .object([]), "i": .array([.array([.members(["": .string("")])])]),
    ])
    #expect(Self.read(value.line) == value)
    #expect(Self.read(" \t\r\n" + value.line + "\n") == value)
  }

  @Test(
    "escapes are what they stand for",
    arguments: [
      (#""\u0041\b\f\n\r\t\/""#, "A\u{8}\u{c}\n\r\t/"), (#""\ud83e\udd80x""#, "\u{1f980}x"),
      (#""\ud83ex""#, "\u{fffd}x"), (#""\udd80""#, "\u{fffd}"), ("\"\u{e9}\"", "\u{e9}"),
    ])
  func escapes(_ text: String, _ meant: String) { #expect(Self.read(text) == .string(meant)) }

  @Test(
    "numbers that we don't write are no value, and no end",
    arguments: ["-1", "-0", "1.5", "1e3", "1E+3", "0.0e-0", "18446744073709551616"])
  func numbers(_ text: String) { #expect(Self.read(text) == .null) }

  @Test(
    "what is no JSON is refused",
    arguments: [
      "", " ", "nul", "nulll", "+1", "01", "-", "1.", ".5", "1e", "[", "[1", "[1,", "[1,]", "[1 2]",
      "]", "{", "{}}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "{a:1}", "\"", #""\""#, #""\x""#,
      #""\u12""#, #""\u+123""#, "\"\n\"", "'a'", "1 1", "NaN", "\u{feff}1",
    ])
  func refused(_ text: String) { #expect(Self.read(text) == nil) }

  @Test("bytes that are no UTF-8 are refused")
  func wrongBytes() {
    #expect(JSONReader.value(of: [0x22, 0xff, 0x22]) == nil)
    #expect(JSONReader.value(of: [0x22, 0xc3, 0x22]) == nil)
  }

  @Test("depth and count are bounded, however long the text is")
  func bounds() {
    #expect(Self.read(String(repeating: "[", count: 32) + String(repeating: "]", count: 32)) != nil)
    for open in ["[", #"{"a":"#] {
      #expect(Self.read(String(repeating: open, count: 1_000_000)) == nil)
    }
    #expect(Self.read("[0" + String(repeating: ",0", count: 1_000_000) + "]") == nil)
  }
}
