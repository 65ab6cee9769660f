package import CoreIO
package import SystemPackage

/// A map file of GNU ddrescue: which ranges of a device or file could be read.
///
/// Source: "Mapfile structure" in ddrescue's manual. Comments begin with `#`; the first line that is none is the
/// program's state; every other one is position, size and status of a block.
///
/// Blocks may come in any order and leave gaps: a map may be cut, joined by hand, or of a part of the input. What no
/// block calls finished (`+`) is lost, and so is what one block calls finished and another not.
package struct MapFile {
  /// In order, and apart from one another; what comes after the last block is lost up to the end.
  package private(set) var lost: [Range<UInt64>] = []

  package init(_ path: FilePath) throws(SalvageError) {
    let file: InputFile
    do throws(SalvageError) {
      file = try InputFile(path)
    } catch {
      guard case .notACore(let expected, let found) = error.kind else { throw error }
      throw SalvageError(.badMapFile(line: 0, expected: expected, found: found), file: path)
    }
    try self.init(of: file)
  }

  package init(of file: any ByteSource) throws(SalvageError) {
    let path = file.path
    var lines = Lines(file)
    var hasState = false
    var finished: [Range<UInt64>] = []
    var unfinished: [Range<UInt64>] = []
    while let line = try lines.next() {
      let words = line.prefix { $0 != UInt8(ascii: "#") }
        .split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }
      guard !words.isEmpty else { continue }
      guard hasState else {
        hasState = true
        guard words.count >= 2, Number.parse(words[0]) != nil else {
          throw Self.malformed(path, lines.number, "a position and a status", line)
        }
        continue
      }
      guard words.count == 3, let start = Number.parse(words[0]),
        let size = Number.parse(words[1]), words[2].count == 1, let status = words[2].first,
        Self.statuses.contains(status)
      else {
        throw Self.malformed(path, lines.number, "a position, a size and one of ? * / - +", line)
      }
      let (end, overflow) = start.addingReportingOverflow(size)
      guard size > 0 else { continue }
      let block = start..<(overflow ? .max : end)
      if status == UInt8(ascii: "+") { finished.append(block) } else { unfinished.append(block) }
    }
    guard hasState else { throw Self.malformed(path, lines.number, "a position and a status", []) }
    lost = Self.joined(unfinished + Self.gaps(between: Self.joined(finished)))
  }

  private static let statuses = Array("?*/-+".utf8)

  /// The same bytes in ranges that are in order, and neither meet nor lie over each other.
  private static func joined(_ ranges: [Range<UInt64>]) -> [Range<UInt64>] {
    var result: [Range<UInt64>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = result.last, last.upperBound >= range.lowerBound {
        result[result.count - 1] =
          last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
    return result
  }

  /// All that such ranges leave out.
  private static func gaps(between ranges: [Range<UInt64>]) -> [Range<UInt64>] {
    var result: [Range<UInt64>] = []
    var position: UInt64 = 0
    for range in ranges {
      if position < range.lowerBound { result.append(position..<range.lowerBound) }
      position = range.upperBound
    }
    if position < .max { result.append(position..<UInt64.max) }
    return result
  }

  private static func malformed(
    _ path: FilePath, _ line: Int, _ expected: String, _ found: [UInt8]
  ) -> SalvageError {
    let text = PrintableText(found.prefix(60)).description
    return SalvageError(
      .badMapFile(line: line, expected: expected, found: text.isEmpty ? "nothing" : text),
      file: path)
  }

  /// The lines of a file, one after another.
  private struct Lines {
    let file: any ByteSource
    var number = 0
    private var bytes: [UInt8] = []
    private var start = 0
    private var offset: UInt64 = 0
    /// ddrescue's lines have some fifty bytes.
    private static let longest = 4096

    init(_ file: any ByteSource) { self.file = file }

    mutating func next() throws(SalvageError) -> [UInt8]? {
      number += 1
      var end = bytes[start...].firstIndex(of: 0x0a)
      if end == nil {
        bytes.removeFirst(start)
        start = 0
        let more = try file.bytes(at: offset, count: 1 << 18)
        offset += UInt64(more.count)
        bytes += more
        end = bytes.firstIndex(of: 0x0a)
      }
      let stop = min(end ?? bytes.count, start + Self.longest)
      let line = Array(bytes[start..<stop])
      let isLast = end == nil && line.isEmpty
      start = min((end ?? bytes.count) + 1, bytes.count)
      return isLast ? nil : line
    }
  }
}

/// A number as people and programs write it: decimal, or hexadecimal after `0x`.
private enum Number {
  static func parse(_ text: some Collection<UInt8>) -> UInt64? {
    let isHexadecimal = text.count > 2 && text.starts(with: Array("0x".utf8))
    let isCapital = text.count > 2 && text.starts(with: Array("0X".utf8))
    let digits = isHexadecimal || isCapital ? text.dropFirst(2) : text[...]
    // `UInt64.init` takes a sign.
    guard let first = digits.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else {
      return nil
    }
    return UInt64(
      String(decoding: digits, as: UTF8.self), radix: isHexadecimal || isCapital ? 16 : 10)
  }
}
