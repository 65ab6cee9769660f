import CoreIO
import TestSupport
import Testing

/// What may reach a terminal or a program from a stranger's bytes.
@Suite("a stranger's text")
struct PrintableTextTests {
  @Test(
    "is shown with its control characters and what is no UTF-8 escaped",
    arguments: [
      ("plain é 漢", "plain é 漢"), ("a\u{1b}[31m", "a\\u{1b}[31m"), ("a\nb\t", "a\\u{a}b\\u{9}"),
      ("back\\slash", "back\\\\slash"), ("\u{202e}gpj", "\\u{202e}gpj"), ("\u{7f}", "\\u{7f}"),
      ("zero\u{200b}width", "zero\\u{200b}width"), ("\u{2028}", "\\u{2028}"), ("", ""),
    ])
  func escapes(text: String, shown: String) {
    #expect(PrintableText(text).description == shown)
  }

  @Test(
    "of broken UTF-8 loses no byte",
    arguments: [
      ([0x61, 0xff, 0x62], "a\\xffb"), ([0xe2, 0x82], "\\xe2\\x82"), ([0xc0, 0xaf], "\\xc0\\xaf"),
      ([0xed, 0xa0, 0x80], "\\xed\\xa0\\x80"), ([0xf0, 0x9f, 0x98], "\\xf0\\x9f\\x98"),
      ([0x80], "\\x80"), ([0xf5, 0x80, 0x80, 0x80], "\\xf5\\x80\\x80\\x80"),
    ] as [([UInt8], String)])
  func brokenUTF8(bytes: [UInt8], shown: String) {
    #expect(PrintableText(bytes).description == shown)
  }

  @Test(
    "of any bytes holds no control character and is never ambiguous",
    arguments: 0..<50 as Range<UInt64>)
  func anyBytes(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let bytes = (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
    let text = PrintableText(bytes).description
    #expect(
      text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) })
    let other = PrintableText(bytes.dropLast() + [bytes[199] ^ 1]).description
    #expect(text != other)
  }

  @Test(
    "in JSON is ASCII, and reads back as it was",
    arguments: [
      "", "a\"b\\c", "\u{0}\u{1f}\u{7f}", "漢字 é", "😀", "\u{202e}", "</script>",
    ])
  func json(text: String) throws {
    let line = JSONValue.string(text).line
    #expect(line.utf8.allSatisfy { (0x20..<0x7f).contains($0) })
    #expect(try ParsedJSON(line).string == text)
  }

  @Test("as JSON members keeps its order and nests")
  func jsonStructure() throws {
    let value = JSONValue.members([
      "b": .number(.max), "a": .array([.null, .bool(true), .bool(false)]),
      "\u{7}": .address(0xffff_ffff_ffff_f000),
    ])
    #expect(
      value.line
        == #"{"b":18446744073709551615,"a":[null,true,false],"\u0007":"0xfffffffffffff000"}"#)
    #expect(try ParsedJSON(value.line)["a"]?.array?.count == 3)
    #expect(try ParsedJSON(JSONValue.text([0x61, 0xff]).line).string == "a\\xff")
  }

  @Test(
    "of a number of bytes has three digits and a unit",
    arguments: [
      (0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (1999, "1.9 kB"),
      (99_999, "99.9 kB"), (100_000, "100 kB"), (999_999, "999 kB"), (31_200_000_000, "31.2 GB"),
      (.max, "18.4 EB"),
    ] as [(UInt64, String)])
  func byteCount(bytes: UInt64, words: String) {
    #expect(ByteCount(bytes).description == words)
  }
}
