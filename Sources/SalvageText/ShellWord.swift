internal import CoreIO
public import SystemPackage

/// A word to paste into a shell. Names from a core are chosen by strangers: what a shell could read otherwise is quoted.
public struct ShellWord: Hashable, Sendable, CustomStringConvertible {
  /// The word as it is to be typed into any shell; where it holds what can't be shown as it is, into one that knows `$'...'`,
  /// as bash does.
  public let description: String

  /// A path, byte for byte. One that a command would take for an option, or tar(1) for a file on another machine, gets `./`
  /// before it.
  public init(_ path: FilePath) {
    let bytes = path.bytes
    let isOption = bytes.first == UInt8(ascii: "-") && bytes.count > 1
    let isRemote = bytes.prefix { $0 != UInt8(ascii: "/") }.contains(UInt8(ascii: ":"))
    self.init(isOption || isRemote ? Array("./".utf8) + bytes : bytes)
  }

  /// Any bytes; a NUL among them no shell can be given.
  public init(_ bytes: [UInt8]) {
    let plain = Array(
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:@%,".utf8)
    if !bytes.isEmpty, bytes.allSatisfy(plain.contains), bytes.first != UInt8(ascii: "-") {
      description = String(decoding: bytes, as: UTF8.self)
    } else if let text = PrintableText.plain(bytes) {
      // By scalars: an accent on a quote would make another character of it.
      let quoted = text.unicodeScalars.map { $0 == "'" ? "'\\''" : String($0) }
      description = "'" + quoted.joined() + "'"
    } else {
      let escaped = bytes.map { byte -> String in
        (0x20..<0x7f).contains(byte) && byte != UInt8(ascii: "'") && byte != UInt8(ascii: "\\")
          ? String(Unicode.Scalar(byte)) : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
      description = "$'" + escaped.joined() + "'"
    }
  }
}
