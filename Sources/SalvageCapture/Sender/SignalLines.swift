/// Cuts what comes of the trace into lines, and puts those together again that a line end in a short name has cut.
struct SignalLines: Sendable {
  private var line: [UInt8] = []
  /// Lines before it that told nothing.
  private var fragment: [UInt8] = []

  /// Longer than any line of the kernel.
  private static let limit = 1024

  /// What is told by the lines that end in these bytes.
  mutating func take(_ bytes: ArraySlice<UInt8>) -> [SignalLine] {
    var result: [SignalLine] = []
    for byte in bytes {
      guard byte == UInt8(ascii: "\n") else {
        if line.count < Self.limit { line.append(byte) }
        continue
      }
      if let told = SignalLine(line[...]) ?? SignalLine((fragment + [byte] + line)[...]) {
        result.append(told)
        fragment = []
      } else {
        fragment = (fragment.isEmpty ? line : fragment + [byte] + line).suffix(Self.limit)
      }
      line = []
    }
    return result
  }
}
