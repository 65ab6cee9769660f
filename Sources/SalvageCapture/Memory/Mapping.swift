/// One line of /proc/PID/maps: a stretch of memory and the file behind it.
struct Mapping: Hashable, Sendable {
  let range: Range<UInt64>
  let isShared: Bool
  let isExecutable: Bool
  /// Where in its file it begins.
  let fileOffset: UInt64
  /// Whether a file stands behind it.
  let hasFile: Bool
  /// Whether that file has been deleted.
  let isDeleted: Bool

  /// Reads a line; nil where it is none.
  ///
  /// `7f0a0000-7f0b0000 rw-p 00000000 fd:01 1234   /path`: the path may hold anything but a line's end, which the kernel
  /// escapes.
  init?(_ line: ArraySlice<UInt8>) {
    let words = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
    guard words.count >= 5, let dash = words[0].firstIndex(of: UInt8(ascii: "-")),
      let start = Self.number(words[0][..<dash], radix: 16),
      let end = Self.number(words[0][words[0].index(after: dash)...], radix: 16), start < end,
      words[1].count == 4, let share = words[1].last,
      let offset = Self.number(words[2], radix: 16), let inode = Self.number(words[4], radix: 10)
    else { return nil }
    range = start..<end
    isShared = share == UInt8(ascii: "s")
    isExecutable = words[1].dropFirst(2).first == UInt8(ascii: "x")
    fileOffset = offset
    hasFile = inode != 0
    isDeleted = words.count > 5 && words[5].reversed().starts(with: " (deleted)".utf8.reversed())
  }

  private static func number(_ digits: ArraySlice<UInt8>, radix: Int) -> UInt64? {
    UInt64(String(decoding: digits, as: UTF8.self), radix: radix)
  }
}
