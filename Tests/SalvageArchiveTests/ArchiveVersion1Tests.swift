import SystemPackage
import TestSupport
import Testing

@testable import ArchiveFormat
@testable import CoreIO
@testable import SalvageArchive

/// Archives as they were written before their parts had an id.
@Suite("An archive of version 1")
struct ArchiveVersion1Tests {
  /// `Fixtures/archive.version-1.core.lz4`, and the core that is in it.
  static let sample = Result {
    let path = SampleCores.fixtures.appending("archive.version-1.core.lz4")
    var builder = CoreBuilder.typical()
    builder.segments = (0..<24).map {
      BuilderSegment(at: 0x100_0000 + UInt64($0) << 20, ArchiveSample.text($0))
    }
    return (
      core: builder.build().bytes, archive: try ReferenceSource.contents(of: path)
    )
  }

  @Test("is read, and sound")
  func isRead() throws {
    let sample = try Self.sample.get()
    let found = try Verification(of: MemorySource(sample.archive))
    #expect(found.isSound && found.version == 1)
    let damaged = try DamagedArchive(sample.archive)
    #expect(damaged.lost.isEmpty)
    let isHonest = try damaged.isHonest(sample.core)
    #expect(isHonest)
  }

  @Test("flips, cuts and bad sectors cost what they touch, and nothing is invented")
  func damage() throws {
    let sample = try Self.sample.get()
    var random = SeededGenerator(seed: 9)
    for position in stride(from: 0, to: sample.archive.count, by: 211) {
      var flipped = sample.archive
      flipped[position] ^= UInt8(1 << (position % 8))
      var holed = sample.archive
      let sector = position..<min(position + 512, holed.count)
      holed.replaceSubrange(sector, with: random.nonZeroBytes(sector.count))
      var shorter = sample.archive
      shorter.removeSubrange(sector)
      let cut = Array(sample.archive[..<position])
      for (name, bytes) in [("flip", flipped), ("hole", holed), ("gap", shorter), ("cut", cut)] {
        let damaged = try DamagedArchive(bytes)
        let isHonest = try damaged.isHonest(sample.core)
        #expect(isHonest, "\(name) at \(position)")
        #expect(damaged.faults > 0, "\(name) at \(position)")
        if name == "flip" {
          #expect(damaged.lost.reduce(0) { $0 + $1.length } <= 65_536, "\(position)")
        }
      }
    }
  }

  @Test("without seek table and marks, blocks are found by their sizes, and past a damaged size")
  func withoutTableAndMarks() throws {
    let sample = try Self.sample.get()
    let index = try ArchiveIndex(of: MemorySource(sample.archive))
    var bytes = sample.archive
    try ArchiveDamageTests.spoil(&bytes, [.seekTable, .mark])
    let whole = try DamagedArchive(bytes)
    #expect(whole.lost.isEmpty)
    // The fourth block's size word.
    let place = try #require(index[3]?.offset)
    bytes[Int(place) - 4] ^= 0x10
    let damaged = try DamagedArchive(bytes)
    let isHonest = try damaged.isHonest(sample.core)
    #expect(isHonest)
    #expect(damaged.lost == [index.geometry.range(of: 3)])
  }

  @Test("once it is damaged, it is said that its parts can't be told from another's")
  func honestWord() throws {
    let sample = try Self.sample.get()
    let cut = MemorySource(Array(sample.archive.dropLast(100)))
    let text = try Verification(of: cut).description
    #expect(text.contains("version 1") && text.contains("can't be told"), "\(text)")
    let remarks = try ArchiveSource(cut).remarks
    #expect(remarks.count == 2 && remarks.contains { $0.contains("can't be told") }, "\(remarks)")
    #expect(remarks.contains { $0.contains("its end, which may be cut off") }, "\(remarks)")
    #expect(try ArchiveSource(MemorySource(sample.archive)).remarks.isEmpty)
  }
}
