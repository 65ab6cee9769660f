internal import CLinux
internal import CoreIO
internal import SystemPackage

/// A file of the kernel's trace as it is now. It may have tens of thousands of lines, of which few are of interest.
struct TraceText: Sendable {
  private let bytes: [UInt8]

  /// Of as many processors as there may be.
  private static let mostBytes = 32 << 20

  /// nil where there is none to be read.
  init?(_ name: String, in folder: FilePath) {
    guard
      let opened = try? FileDescriptor.open(
        folder, .readOnly, options: [.directory, .closeOnExec])
    else { return nil }
    defer { try? opened.close() }
    guard let bytes = ProcFile.contents(name, in: opened, most: Self.mostBytes) else { return nil }
    self.bytes = bytes
  }

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The lines that have a text in them, in order, without their ends.
  func lines(with text: String) -> [ArraySlice<UInt8>] {
    let pattern = Array(text.utf8)
    let newline = UInt8(ascii: "\n")
    var result: [ArraySlice<UInt8>] = []
    var position = 0
    while let found = place(of: pattern, from: position) {
      let start = bytes[position..<found].lastIndex(of: newline).map { $0 + 1 } ?? position
      let end = bytes[found...].firstIndex(of: newline) ?? bytes.count
      result.append(bytes[start..<end])
      position = min(end + 1, bytes.count)
    }
    return result
  }

  private func place(of pattern: [UInt8], from start: Int) -> Int? {
    guard start < bytes.count, !pattern.isEmpty else { return nil }
    return unsafe bytes.withUnsafeBytes { bytes in
      unsafe pattern.withUnsafeBytes { pattern in
        guard let base = bytes.baseAddress, let wanted = pattern.baseAddress,
          let found = unsafe linux_find(
            base + start, UInt(bytes.count - start), wanted, UInt(pattern.count))
        else { return nil }
        return unsafe found - base
      }
    }
  }
}
