internal import ArgumentParser
internal import CStart
internal import Glibc
internal import SalvageText
internal import SystemPackage

/// The name of a file as it was typed: bytes, which need not be UTF-8.
struct FileArgument: ExpressibleByArgument {
  let path: FilePath

  init(path: FilePath) { self.path = path }

  /// The name, safe to print.
  var words: String { PrintableText(path).description }

  init?(argument: String) {
    let bytes = ArgumentBytes.bytes(of: argument).map { CChar(bitPattern: $0) }
    path = FilePath(platformString: bytes + [0])
  }

  static var defaultCompletionKind: CompletionKind { .file() }

  /// Throws where there is no such folder, or no such file.
  func expect(isFolder: Bool) throws(SalvageError) {
    var status = stat()
    guard unsafe path.withPlatformString({ unsafe stat($0, &status) }) == 0 else {
      throw SalvageError(
        .io(Errno(rawValue: errno), call: isFolder ? "open the folder" : "open"), file: path)
    }
    let isDirectory = status.st_mode & S_IFMT == S_IFDIR
    guard isDirectory == isFolder else {
      throw SalvageError(
        .io(isFolder ? .notDirectory : .isDirectory, call: isFolder ? "open the folder" : "read"),
        file: path)
    }
  }
}

/// The words of the command line as text that the argument parser takes, without the loss of a byte.
///
/// A byte that is no UTF-8 becomes a private character (U+10FE80 to U+10FEFF); one of those that was really typed becomes the
/// characters of its bytes.
enum ArgumentBytes {
  private static let base: UInt32 = 0x10FE00
  private static let escapes = base + 0x80...base + 0xff

  /// The words after the command's own name.
  static var words: [String] {
    (1..<max(1, start_word_count())).map { index in
      guard let word = unsafe start_word(index) else { return "" }
      return unsafe text(of: Array(UnsafeRawBufferPointer(start: word, count: strlen(word))))
    }
  }

  static func text(of bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self), !holdsEscapes(text) { return text }
    var text = String.UnicodeScalarView()
    var rest = bytes[...]
    while let first = rest.first {
      let length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
      let whole = String(validating: rest.prefix(length), as: UTF8.self)
      if let scalar = whole?.unicodeScalars.first, !escapes.contains(scalar.value) {
        text.append(scalar)
        rest = rest.dropFirst(length)
      } else {
        if let escape = Unicode.Scalar(base + UInt32(first)) { text.append(escape) }
        rest = rest.dropFirst()
      }
    }
    return String(text)
  }

  static func bytes(of text: String) -> [UInt8] {
    guard holdsEscapes(text) else { return Array(text.utf8) }
    return text.unicodeScalars.flatMap { scalar in
      escapes.contains(scalar.value)
        ? [UInt8(truncatingIfNeeded: scalar.value)] : Array(String(scalar).utf8)
    }
  }

  /// A message that may hold words of the command line, safe to print but for its line ends.
  static func printable(_ message: String) -> String {
    guard holdsEscapes(message) else { return message }
    return message.split(separator: "\n", omittingEmptySubsequences: false)
      .map { PrintableText(bytes(of: String($0))).description }.joined(separator: "\n")
  }

  static func holdsEscapes(_ text: String) -> Bool {
    text.unicodeScalars.contains { escapes.contains($0.value) }
  }
}
