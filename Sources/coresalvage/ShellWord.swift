internal import CoreIO
internal import Salvage
internal import SystemPackage

/// A word to paste into a shell. Names from a core are chosen by strangers: what a shell could read otherwise is quoted.
struct ShellWord: CustomStringConvertible {
  let description: String

  init(_ path: FilePath) { self.init(PrintableText.bytes(of: path)) }

  init(_ text: String) { self.init(Array(text.utf8)) }

  init(_ bytes: [UInt8]) {
    let plain = Array(
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:@%,".utf8)
    if !bytes.isEmpty, bytes.allSatisfy(plain.contains), bytes.first != UInt8(ascii: "-") {
      description = String(decoding: bytes, as: UTF8.self)
    } else if bytes.allSatisfy({ (0x20..<0x7f).contains($0) }) {
      let text = String(decoding: bytes, as: UTF8.self)
      description =
        "'"
        + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
        + "'"
    } else {
      let escaped = bytes.map { byte -> String in
        (0x20..<0x7f).contains(byte) && byte != UInt8(ascii: "'") && byte != UInt8(ascii: "\\")
          ? String(Unicode.Scalar(byte)) : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
      description = "$'" + escaped.joined() + "'"
    }
  }
}

extension RepairReport {
  /// The program as the argument of a debugger; a placeholder where its path is not known.
  var programArgument: ShellWord {
    if let named = programFile { return ShellWord(named) }
    guard let program, program.first == UInt8(ascii: "/") else { return ShellWord("./PROGRAM") }
    return ShellWord(program)
  }
}
