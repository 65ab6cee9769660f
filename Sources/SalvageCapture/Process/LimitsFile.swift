internal import CoreModel

/// /proc/PID/limits: a table whose first column is 25 characters wide, and holds spaces.
enum LimitsFile {
  private static let nameWidth = 25

  /// All lines that are limits, in their order.
  static func limits(in bytes: [UInt8]) -> [CaptureRecord.Limit] {
    bytes.split(separator: UInt8(ascii: "\n")).prefix(64).compactMap { line in
      let words = line.dropFirst(nameWidth).split(separator: UInt8(ascii: " "))
      guard words.count >= 2, let soft = Value(words[0]), let hard = Value(words[1]) else {
        return nil
      }
      var name = line.prefix(nameWidth)
      while name.last == UInt8(ascii: " ") { name.removeLast() }
      guard !name.isEmpty else { return nil }
      return CaptureRecord.Limit(
        name: String(decoding: name, as: UTF8.self), soft: soft.number, hard: hard.number)
    }
  }

  private struct Value {
    /// nil for unlimited.
    let number: UInt64?

    init?(_ word: ArraySlice<UInt8>) {
      if word.elementsEqual("unlimited".utf8) {
        number = nil
      } else if let number = UInt64(String(decoding: word, as: UTF8.self)) {
        self.number = number
      } else {
        return nil
      }
    }
  }
}
