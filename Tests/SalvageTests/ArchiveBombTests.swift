import Salvage
import Testing
import TestSupport

@testable import Salvage

@Suite("A hostile archive")
struct ArchiveBombTests {
  static let geometry = ArchiveGeometry(
    size: 1 << 40, blockSize: 4 << 20, blocksPerGroup: 16, hasContentChecksum: false)

  @Test("a seek table for a terabyte without a block is refused, or gives nothing")
  func tableWithoutBlocks() throws {
    let geometry = try #require(Self.geometry)
    let entry = BlockEntry(word: 1, checksum: 0)
    let table = SeekTable(
      geometry, dataOffset: 0,
      archiveSize: SeekTable.frameSize(geometry),
      Array(repeating: entry, count: geometry.blockCount))
    let damaged = try DamagedArchive(table.frame)
    #expect(damaged.lost == [0..<geometry.size])
  }

  @Test("a block that decodes to less or more than it should is damaged")
  func wrongLength() throws {
    let sample = try ArchiveDamageTests.sample.get()
    let table = try #require(try SeekTable(endOf: MemorySource(sample.archive)))
    let index = try ArchiveIndex(of: MemorySource(sample.archive))
    // Block 0 takes the bytes of block 1's place: sound as a block, wrong in length where it is.
    let last = try #require(index.blocks.last)
    var forged = table
    forged.entries[0] = last.entry
    let end = sample.archive.count - table.frame.count
    var bytes = Array(sample.archive[..<end]) + forged.frame
    let place = Int(index.blocks[0].offset)
    let stored = Int(last.offset)
    bytes.replaceSubrange(
      place..<place + last.entry.storedSize,
      with: sample.archive[stored..<stored + last.entry.storedSize])
    let source = try ArchiveSource(MemorySource(bytes)).checked()
    #expect(source.lostRanges.contains { $0.range.overlaps(1000..<65_000) })
  }

  @Test("frames that only claim to be ours cost no more than reading the file a few times")
  func falseFrames() throws {
    var bytes: [UInt8] = []
    // Each claims to be the longest frame there can be.
    let fake: [UInt8] = [0x5d, 0x2a, 0x4d, 0x18, 0, 0, 0, 1] + Array("CORESALVAGE-MARK".utf8)
    while bytes.count < 20 << 20 { bytes += fake }
    let start = ContinuousClock.now
    let damaged = try DamagedArchive(bytes)
    #expect(damaged.source == nil)
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test("a walk through false size words ends")
  func falseBlocks() throws {
    let geometry = try #require(
      ArchiveGeometry(
        size: 1 << 20, blockSize: 65_536, blocksPerGroup: 16, hasContentChecksum: false))
    // Every word is a plausible size that leads to another one.
    let words = Array(repeatElement([UInt8](arrayLiteral: 4, 0, 0, 0), count: 1 << 18).joined())
    let start = ContinuousClock.now
    let walk = try BlockWalk(
      BlockProbe(MemorySource(words), geometry), from: 0, count: 17, end: nil)
    #expect(walk.found.isEmpty)
    #expect(ContinuousClock.now - start < .seconds(20))
  }
}
