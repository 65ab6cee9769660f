internal import CoreIO
internal import ELFCore

extension ArchiveGeometry {
  /// The first line after the identifier: version, core size, block size, blocks per group, flags, in hexadecimal; and the
  /// archive's id.
  package var manifestLine: String {
    let numbers: [(UInt64, Int)] = [
      (size, 16), (UInt64(blockSize), 8), (UInt64(blocksPerGroup), 8),
      (hasContentChecksum ? 1 : 0, 1),
    ]
    let words =
      numbers.map { hexadecimal($0.0, digits: $0.1) } + (id.map { [$0.digits] } ?? [])
    return " \(version) " + words.joined(separator: " ")
  }

  /// The first line of a manifest is no longer.
  private static let longestLine = 128

  /// The geometry that a manifest names; nil where the frame is none.
  package init?(manifest frame: SkippableFrame) {
    guard frame.kind == .manifest else { return nil }
    let line = frame.content.prefix(Self.longestLine).prefix { $0 != 0x0a }
    let words = line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
    let numbers = words.prefix(5).compactMap { UInt64($0, radix: 16) }
    guard numbers.count == 5, numbers[4] <= 1, (1...2).contains(numbers[0]),
      // Version 2 has the id besides.
      words.count == 4 + Int(numbers[0])
    else { return nil }
    let id = words.count == 6 ? ArchiveID(words[5]) : nil
    guard words.count == 5 || id != nil else { return nil }
    self.init(
      size: numbers[1], blockSize: numbers[2], blocksPerGroup: numbers[3],
      hasContentChecksum: numbers[4] == 1, id: id)
  }
}
