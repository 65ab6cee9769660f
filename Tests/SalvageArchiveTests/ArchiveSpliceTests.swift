import TestSupport
import Testing

@testable import ArchiveFormat
@testable import CoreIO

/// Parts of two archives in one file: what comes out must be of one of them alone.
@Suite("An archive with parts of another")
struct ArchiveSpliceTests {
  /// Two runs of one program: equal in size and segments, and other memory from the second segment on.
  struct Pair: Sendable {
    let left: ArchiveSample
    let right: ArchiveSample

    init(otherThreads: Bool) throws {
      func sample(_ run: Int) throws -> ArchiveSample {
        var builder = CoreBuilder.typical()
        builder.segments = (0..<24).map { index in
          BuilderSegment(
            at: 0x100_0000 + UInt64(index) << 20,
            ArchiveSample.text(index == 0 ? 0 : index + 100 * run))
        }
        var core = builder.build().bytes
        if otherThreads, run == 1 {
          // The process id in the first thread's registers note.
          let range = builder.build().notesRange
          core[Int(range.lowerBound) + 20 + 32] ^= 0x55
        }
        return try ArchiveSample(of: core)
      }
      left = try sample(0)
      right = try sample(1)
    }
  }

  /// With other notes, so that the two have ids of their own, and with the same notes.
  static let pairs = [true, false].map { other in Result { try Pair(otherThreads: other) } }

  /// Whether all that is not lost is of one core alone.
  private func isOfOne(_ bytes: [UInt8], _ pair: Pair) throws -> Bool {
    let damaged = try DamagedArchive(bytes)
    return try damaged.isHonest(pair.left.core) || damaged.isHonest(pair.right.core)
  }

  @Test("ids are told apart by the notes", arguments: [0, 1])
  func ids(pair: Int) throws {
    let pair = try Self.pairs[pair].get()
    let left = try ArchiveIndex(of: MemorySource(pair.left.archive)).geometry
    let right = try ArchiveIndex(of: MemorySource(pair.right.archive)).geometry
    #expect(left.id != nil)
    let other = pair.left.core[..<4096] != pair.right.core[..<4096]
    #expect((left.id != right.id) == other)
    // The same core has the same one.
    let again = try ArchiveSample(of: pair.left.core)
    #expect(again.archive == pair.left.archive)
  }

  @Test(
    "head of one and tail of the other, with the seek table and without", arguments: [0, 1],
    [0, 300, 4000])
  func heads(pair: Int, cut: Int) throws {
    let pair = try Self.pairs[pair].get()
    let (left, right) = (pair.left.archive, pair.right.archive)
    // At every group, and at places in them.
    var marks: [[UInt64]] = [[], []]
    for (index, archive) in [left, right].enumerated() {
      try FrameCatalog(MemorySource(archive)).marks.forEach { marks[index].append($0.offset) }
    }
    #expect(marks[0].count == marks[1].count)
    for (one, other) in zip(marks[0], marks[1]) {
      for distance in [0, 60, 500] {
        let head = left[..<min(Int(one) + distance, left.count)]
        let tail = right[min(Int(other) + distance, right.count)...]
        let bytes = Array((head + tail).dropLast(cut))
        let isOfOne = try isOfOne(bytes, pair)
        #expect(isOfOne, "at \(one) + \(distance), \(cut) cut")
      }
    }
    for place in stride(from: 0, to: min(left.count, right.count), by: 512) {
      let bytes = Array((left[..<place] + right[place...]).dropLast(cut))
      let isOfOne = try isOfOne(bytes, pair)
      #expect(isOfOne, "at \(place), \(cut) cut")
    }
  }

  @Test("is what it begins as, where that is not but a little of it")
  func beginning() throws {
    let pair = try Self.pairs[0].get()
    let (left, right) = (pair.left.archive, pair.right.archive)
    for place in stride(from: left.count / 2, to: min(left.count, right.count), by: 999) {
      for cut in [0, 300] {
        let damaged = try DamagedArchive(Array((left[..<place] + right[place...]).dropLast(cut)))
        let isHonest = try damaged.isHonest(pair.left.core)
        #expect(isHonest, "at \(place), \(cut) cut")
      }
    }
    let marks = try FrameCatalog(MemorySource(left)).marks
    let place = Int(marks[2].offset)
    let other = try DamagedArchive(Array(left[..<place] + right[place...]))
    let isHonest = try other.isHonest(pair.right.core)
    #expect(isHonest)
    #expect(other.lost.reduce(0) { $0 + $1.length } <= 3 * 65_536)
  }

  @Test("single frames of the other, in place of its own and besides", arguments: [0, 1])
  func frames(pair: Int) throws {
    let pair = try Self.pairs[pair].get()
    let (left, right) = (pair.left.archive, pair.right.archive)
    func frames(_ archive: [UInt8]) throws -> [Range<Int>] {
      var ranges: [Range<Int>] = []
      var search = FrameSearch(MemorySource(archive))
      try search.forEach { ranges.append(Int($0.range.lowerBound)..<Int($0.range.upperBound)) }
      // The LZ4 frames lie between.
      let between = zip(ranges, ranges.dropFirst()).map { $0.upperBound..<$1.lowerBound }
      return (ranges + between.filter { !$0.isEmpty }).sorted { $0.lowerBound < $1.lowerBound }
    }
    let own = try frames(left)
    let others = try frames(right)
    #expect(own.count == others.count)
    for (one, other) in zip(own, others) {
      var bytes = left
      bytes.replaceSubrange(one, with: right[other])
      for cut in [0, 100] {
        let damaged = try DamagedArchive(bytes.dropLast(cut))
        let isHonest = try damaged.isHonest(pair.left.core)
        #expect(isHonest, "frame at \(one.lowerBound), \(cut) cut")
        #expect(damaged.faults > 0 || bytes == left, "frame at \(one.lowerBound), \(cut) cut")
      }
      bytes = left
      bytes.insert(contentsOf: right[other], at: one.lowerBound)
      let damaged = try DamagedArchive(bytes)
      let isHonest = try damaged.isHonest(pair.left.core)
      #expect(isHonest, "frame before \(one.lowerBound)")
      #expect(damaged.lost.isEmpty, "frame before \(one.lowerBound)")
    }
  }

  @Test("doubled, appended to, after another, in the memory of a core: one of them, and all of it")
  func whole() throws {
    let pair = try Self.pairs[0].get()
    let (left, right) = (pair.left.archive, pair.right.archive)
    for (name, bytes, core) in [
      ("doubled", left + left, pair.left.core), ("appended to", left + [1, 2, 3], pair.left.core),
      ("before half of another", left + right[(right.count / 2)...], pair.left.core),
    ] {
      let damaged = try DamagedArchive(bytes)
      #expect(damaged.lost.isEmpty && damaged.faults > 0, "\(name)")
      let isHonest = try damaged.isHonest(core)
      #expect(isHonest, "\(name)")
    }
    for bytes in [left + right, Array(right[..<(right.count / 2)]) + left] {
      let isOfOne = try isOfOne(bytes, pair)
      #expect(isOfOne)
    }
    // A core whose memory holds an archive as it lies in a file.
    var random = SeededGenerator(seed: 5)
    var builder = CoreBuilder.typical()
    let memory = random.nonZeroBytes(30_000) + right + random.nonZeroBytes(30_000)
    builder.segments.append(BuilderSegment(at: 0x7000_0000_0000, memory))
    let sample = try ArchiveSample(of: builder.build().bytes)
    for cut in [0, 10, 400] {
      let damaged = try DamagedArchive(sample.archive.dropLast(cut))
      #expect(damaged.lost.isEmpty, "\(cut) cut")
      let isHonest = try damaged.isHonest(sample.core)
      #expect(isHonest, "\(cut) cut")
    }
  }
}
