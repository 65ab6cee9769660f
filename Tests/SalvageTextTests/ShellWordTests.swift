import SalvageText
import SystemPackage
import TestSupport
import Testing

@Suite("A name in a command to paste")
struct ShellWordTests {
  /// The bytes that a shell makes of a word.
  private static func typed(_ word: ShellWord, into shell: String) throws -> [UInt8] {
    try Tool(shell, ["-c", "printf %s \(word)"]).runSuccessfully().output
  }

  static let shown = [
    "plain", "", "with space", "café.core", "cafe\u{301}", "漢字 и so", "😀", "it's é", "'\u{301}",
    "''é", "\\é\\n", "$(id) `id` é!", "é*?[a]", "-é", "~é", "\u{301}", "a\u{a0}b",
  ]

  @Test(
    "of text that can be shown is what every shell reads it as, and shown as it is",
    arguments: shown)
  func plain(name: String) throws {
    let word = ShellWord(Array(name.utf8))
    #expect(!word.description.hasPrefix("$"))
    #expect(
      word.description.unicodeScalars.filter { $0 != "'" && $0 != "\\" }
        .elementsEqual(name.unicodeScalars.filter { $0 != "'" && $0 != "\\" }))
    for shell in ["dash", "bash"] {
      #expect(try Self.typed(word, into: shell) == Array(name.utf8), "\(shell): \(word)")
    }
  }

  static let hidden: [[UInt8]] =
    [
      "\u{1b}[31m", "a\nb", "\u{7f}", "\u{85}", "right\u{202e}left", "zero\u{200b}width",
      "\u{2028}",
      "\u{feff}", "\u{e000}", "é\t'\\",
    ].map { Array($0.utf8) } + [[0xff], [0xc3], [0xc3, 0xa9, 0xfe], [0xed, 0xa0, 0x80]]

  @Test("of what can't be shown is escaped in ASCII, as bash reads it", arguments: hidden)
  func escaped(name: [UInt8]) throws {
    let word = ShellWord(name)
    #expect(word.description.hasPrefix("$'"))
    #expect(word.description.utf8.allSatisfy { (0x20..<0x7f).contains($0) })
    #expect(try Self.typed(word, into: "bash") == name)
  }

  @Test("is taken for no option and no other machine's file", arguments: ["-é", "é:b"])
  func path(name: String) throws {
    let word = ShellWord(FilePath(name))
    #expect(try Self.typed(word, into: "dash") == Array("./\(name)".utf8))
  }
}
