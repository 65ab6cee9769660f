import TestSupport
import Testing

@testable import ArchiveFormat
@testable import CoreIO
@testable import Salvage
@testable import SalvageArchive

@Suite("A damaged archive")
struct ArchiveDamageTests {
  static let sample = Result { try ArchiveSample.make(filling: ArchiveSample.text) }
  /// More than one group: 17 blocks and more.
  static let large = Result {
    try ArchiveSample.make(segments: 24, filling: ArchiveSample.text)
  }

  /// What each of these positions costs at most: the largest block.
  static let mostLost: UInt64 = 65_536

  @Test(
    "a flipped byte anywhere costs its block at most, and is found, also by who only reads the core",
    arguments: 0..<8)
  func flips(part: Int) throws {
    let sample = try Self.sample.get()
    for position in stride(from: part, to: sample.archive.count, by: 8) {
      var bytes = sample.archive
      bytes[position] ^= UInt8(1 << (position % 8))
      let damaged = try DamagedArchive(bytes)
      let lost = damaged.lost.reduce(0) { $0 + $1.length }
      let isHonest = try damaged.isHonest(sample.core)
      #expect(damaged.source != nil, "byte \(position)")
      #expect(isHonest, "byte \(position)")
      #expect(lost <= Self.mostLost, "byte \(position)")
      #expect(damaged.faults > 0, "byte \(position)")
      #expect(damaged.source?.isDamaged == true, "byte \(position)")
      // Where nothing is lost, words say what is damaged.
      let isTold = !damaged.lost.isEmpty || damaged.source?.remarks.count == 1
      #expect(isTold, "byte \(position)")
    }
    let whole = try DamagedArchive(sample.archive)
    #expect(whole.source?.isDamaged == false && whole.source?.remarks == [])
  }

  @Test("a cut anywhere leaves all whole blocks before it", arguments: 0..<8)
  func cuts(part: Int) throws {
    let sample = try Self.sample.get()
    let index = try ArchiveIndex(of: MemorySource(sample.archive))
    for size in stride(from: part, to: sample.archive.count, by: 8) {
      let damaged = try DamagedArchive(Array(sample.archive[..<size]))
      let isHonest = try damaged.isHonest(sample.core)
      #expect(isHonest, "cut at \(size)")
      #expect(damaged.faults > 0, "cut at \(size)")
      for (block, place) in index.blocks.enumerated() {
        guard let source = damaged.source,
          place.offset + UInt64(place.entry.storedSize) + 4 <= UInt64(size)
        else { continue }
        let range = index.geometry.range(of: block)
        let isLost = source.lostRanges.contains { $0.range.overlaps(range) }
        #expect(!isLost, "cut at \(size), block \(block)")
      }
    }
  }

  /// What may become of a sector.
  enum Loss: CaseIterable, Sendable { case zeroed, missing, doubled, noise }

  @Test("a bad sector costs the blocks that it touches", arguments: Loss.allCases)
  func sectors(loss: Loss) throws {
    let sample = try Self.large.get()
    let index = try ArchiveIndex(of: MemorySource(sample.archive))
    var random = SeededGenerator(seed: 7)
    for start in stride(from: 0, to: sample.archive.count, by: 2 * 512) {
      let sector = start..<min(start + 512, sample.archive.count)
      var bytes = sample.archive
      switch loss {
      case .zeroed:
        bytes.replaceSubrange(sector, with: repeatElement(0, count: sector.count))
      case .missing: bytes.removeSubrange(sector)
      case .doubled: bytes.insert(contentsOf: sample.archive[sector], at: sector.lowerBound)
      case .noise: bytes.replaceSubrange(sector, with: random.nonZeroBytes(sector.count))
      }
      let damaged = try DamagedArchive(bytes)
      let isHonest = try damaged.isHonest(sample.core)
      #expect(isHonest, "sector at \(start)")
      #expect(damaged.source != nil, "sector at \(start)")
      for (block, place) in index.blocks.enumerated() {
        // A block with its size word and its checksum.
        let first = Int(place.offset) - 4
        let stored = first..<first + place.entry.storedSize + 8
        guard !stored.overlaps(sector) else { continue }
        let range = index.geometry.range(of: block)
        let isLost = damaged.lost.contains { $0.overlaps(range) }
        #expect(!isLost, "sector at \(start), block \(block)")
      }
    }
  }

  @Test("many bad sectors: all blocks that none of them touches survive", arguments: [1, 10, 40])
  func manySectors(count: Int) throws {
    let sample = try Self.large.get()
    let index = try ArchiveIndex(of: MemorySource(sample.archive))
    for seed: UInt64 in 1...8 {
      var random = SeededGenerator(seed: seed)
      let sectors = random.sample(count, of: 0..<UInt64(sample.archive.count / 512))
        .map { Int($0) * 512..<Int($0) * 512 + 512 }
      var bytes = sample.archive
      for sector in sectors {
        bytes.replaceSubrange(sector, with: random.nonZeroBytes(512))
      }
      let damaged = try DamagedArchive(bytes)
      let isHonest = try damaged.isHonest(sample.core)
      #expect(isHonest, "seed \(seed)")
      // Where the table and a mark are hit, a block whose size word is hit too hides those after it.
      guard index.isByTable, (try SeekTable(endOf: MemorySource(bytes))) != nil else { continue }
      for (block, place) in index.blocks.enumerated() {
        let first = Int(place.offset)
        let stored = first..<first + place.entry.storedSize
        guard !sectors.contains(where: { $0.overlaps(stored) }) else { continue }
        let range = index.geometry.range(of: block)
        #expect(!damaged.lost.contains { $0.overlaps(range) }, "seed \(seed), block \(block)")
      }
    }
  }

  @Test("without the seek table, the marks around a block tell of it, and one of them is enough")
  func withoutTableAndEverySecondMark() throws {
    let sample = try Self.large.get()
    for first in 0...1 {
      var bytes = sample.archive
      try Self.spoil(&bytes, [.seekTable])
      try Self.spoil(&bytes, [.mark], from: first, by: 2)
      let damaged = try DamagedArchive(bytes)
      #expect(damaged.lost.isEmpty)
    }
  }

  @Test("what no mark and no seek table vouches for is not taken")
  func withoutTableAndMarks() throws {
    let sample = try Self.large.get()
    var bytes = sample.archive
    try Self.spoil(&bytes, [.seekTable, .mark])
    let damaged = try DamagedArchive(bytes)
    let isHonest = try damaged.isHonest(sample.core)
    #expect(isHonest)
    let index = try ArchiveIndex(of: MemorySource(bytes))
    #expect(index.presentCount == 0)
  }

  @Test("without its header block a core is still one: header, table and notes have copies")
  func headerHasACopy() throws {
    let sample = try Self.sample.get()
    var bytes = sample.archive
    let index = try ArchiveIndex(of: MemorySource(bytes))
    bytes[Int(index.blocks[0].offset) + 10] ^= 1
    let source = try ArchiveSource(MemorySource(bytes)).checked()
    let repair = try Repair(of: source, options: RepairOptions())
    #expect(repair.report.threads.count == 3)
    #expect(repair.report.notesLost == 0)
    #expect(repair.report.tableLost == 0)
    #expect(repair.report.lost.allSatisfy { $0.range.cause == .damaged })
  }

  @Test("content checksums change no block, and a flipped one is found")
  func contentChecksum() throws {
    let sample = try ArchiveSample.make(contentChecksum: true, filling: ArchiveSample.text)
    let sound = try Verification(of: MemorySource(sample.archive))
    #expect(sound.isSound)
    let index = try ArchiveIndex(of: MemorySource(sample.archive))
    let last = try #require(index.blocks.last)
    var bytes = sample.archive
    let end = Int(last.offset) + last.entry.storedSize + 4
    bytes[end + 4] ^= 1
    let damaged = try Verification(of: MemorySource(bytes))
    #expect(
      damaged.faults.map(\.what) == [
        "the content checksum of frame \(index.geometry.groupCount - 1)"
      ])
  }

  /// Damages every frame of these kinds.
  static func spoil(
    _ bytes: inout [UInt8], _ kinds: [SkippableFrame.Kind], from first: Int = 0, by step: Int = 1
  ) throws {
    var ranges: [Range<UInt64>] = []
    var search = FrameSearch(MemorySource(bytes))
    try search.forEach { frame in
      if kinds.contains(frame.kind) { ranges.append(frame.range) }
    }
    for (number, range) in ranges.enumerated() where number % step == first {
      bytes[Int(range.lowerBound) + 40] ^= 1
    }
  }
}
