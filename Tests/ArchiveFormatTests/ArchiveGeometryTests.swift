import TestSupport
import Testing

@testable import ArchiveFormat

@Suite("Geometry of an archive")
struct ArchiveGeometryTests {
  static let sizes: [UInt64] = [
    1, 255, 256, 257, 65_535, 65_536, 65_537, 65_792, 65_793, 1 << 20, 1 << 20 + 1,
    1 << 20 + 256, 1 << 20 + 257, 16 << 20, 3 << 20 + 12_345,
  ]

  static func geometry(_ size: UInt64) throws -> ArchiveGeometry {
    try #require(
      ArchiveGeometry(
        size: size, blockSize: 65_536, blocksPerGroup: 16, hasContentChecksum: false))
  }

  @Test("blocks meet end to end and cover the core", arguments: sizes)
  func blocksCoverTheCore(size: UInt64) throws {
    let geometry = try Self.geometry(size)
    var end: UInt64 = 0
    for block in 0..<geometry.blockCount {
      let range = geometry.range(of: block)
      #expect(range.lowerBound == end, "block \(block)")
      #expect((1...65_536).contains(range.length), "block \(block)")
      #expect(geometry.block(at: range.lowerBound) == block)
      #expect(geometry.block(at: range.upperBound - 1) == block)
      end = range.upperBound
    }
    #expect(end == size)
  }

  @Test("a group's last block is short", arguments: sizes)
  func lastBlocksAreShort(size: UInt64) throws {
    let geometry = try Self.geometry(size)
    for group in 0..<geometry.groupCount {
      let last = geometry.blocks(of: group).upperBound - 1
      #expect(geometry.range(of: last).length <= 256)
      #expect(geometry.isLast(last))
    }
  }

  @Test("sizes that no archive has are refused")
  func hostileSizesAreRefused() {
    for size in [0, 1 << 60, UInt64.max] {
      #expect(
        ArchiveGeometry(
          size: size, blockSize: 4 << 20, blocksPerGroup: 16, hasContentChecksum: false) == nil)
    }
    for blockSize: UInt64 in [0, 1, 65_535, 8 << 20, .max] {
      #expect(
        ArchiveGeometry(
          size: 1 << 20, blockSize: blockSize, blocksPerGroup: 16, hasContentChecksum: false)
          == nil)
    }
  }
}
