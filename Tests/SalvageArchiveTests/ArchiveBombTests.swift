import TestSupport
import Testing

@testable import ArchiveFormat
@testable import CoreIO
@testable import SalvageArchive

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

  @Test("numbers without blocks behind them take no memory and no time")
  func emptyGeometry() throws {
    let geometry = try #require(
      ArchiveGeometry(
        size: (1 << 42) - (64 << 20), blockSize: 4 << 20, blocksPerGroup: 1,
        hasContentChecksum: false, id: .unknown))
    let mark = GroupMark(
      geometry, group: 5, Array(repeating: BlockEntry(word: 1, checksum: 0), count: 2),
      previous: Array(repeating: BlockEntry(word: 1, checksum: 0), count: 2))
    let index = try ArchiveIndex(of: MemorySource(mark.frame))
    #expect(index.presentCount == 0)
    #expect(index.lost(damaged: []) == [0..<geometry.blockCount])
    #expect(try Verification(of: MemorySource(mark.frame)).faults.count == 2)
  }

  /// Marks of version 1 for every second group, each of which leads to another place to walk from, and then sizes that
  /// lead from one to the next.
  private static func ladder(_ total: Int) throws -> [UInt8] {
    let groups = UInt64(total / 400 + 2)
    let geometry = try #require(
      ArchiveGeometry(
        size: groups << 20, blockSize: 65_536, blocksPerGroup: 16, hasContentChecksum: false))
    var bytes: [UInt8] = []
    var group = 0
    while bytes.count < total / 2, group < geometry.groupCount - 1 {
      let entry = BlockEntry(word: 65_536, checksum: 0x1234)
      bytes += GroupMark(geometry, group: group, Array(repeating: entry, count: 17)).frame
      group += 2
    }
    bytes += repeatElement([1, 0, 0, 0] as [UInt8], count: (total - bytes.count) / 4).joined()
    return bytes
  }

  @Test("is searched in a time that grows no faster than it does")
  func ladders() throws {
    let clock = ContinuousClock()
    var times: [Duration] = []
    for size in [100_000, 400_000] {
      let source = MemorySource(try Self.ladder(size))
      times.append(try clock.measure { _ = try ArchiveIndex(of: source) })
    }
    // It took 16 times as long, and minutes.
    #expect(times[1] < .seconds(20), "\(times)")
  }

  @Test("a manifest of a million labels, or of one line, is none of memory's business")
  func hostileManifests() throws {
    let geometry = try #require(Self.geometry)
    let line = " 1 \(hexadecimal(geometry.size, digits: 16)) 00400000 00000010 0"
    for rest in [
      "\n{\n\"labels\": {" + String(repeating: "\"k\":\"v\",", count: 300_000),
      "\n" + String(repeating: "[", count: 1_000_000), String(repeating: " 0", count: 1_000_000),
      " " + String(repeating: "9", count: 1_000_000),
    ] {
      let frame = SkippableFrame.bytes(.manifest, Array((line + rest).utf8))
      let found = try SkippableFrame(at: 0, in: MemorySource(frame)).flatMap {
        ArchiveGeometry(manifest: $0)
      }
      #expect(found == nil || found?.size == geometry.size)
      let damaged = try DamagedArchive(frame)
      #expect(damaged.lost.isEmpty || damaged.lost == [0..<geometry.size])
    }
  }
}
