import CoreIO
import Salvage
import SystemPackage
import TestSupport
import Testing

/// Cores that this machine's kernel wrote, cut everywhere.
@Suite("a kernel's core, cut")
struct KernelCutTests {
  /// The small core, read once.
  private static let small = Result { try Loaded(SharedCores.small()) }
  private static let large = Result { try Loaded(SharedCores.large()) }

  private struct Loaded: Sendable {
    let bytes: [UInt8]
    let whole: ReferenceCore

    init(_ core: KernelCore) throws {
      bytes = try ReferenceSource.contents(of: core.path)
      whole = try ReferenceCore(bytes)
    }

    /// The end of the header, the table and the notes.
    var headEnd: Int { Int(whole.noteSegments[0].fileRange.upperBound) }

    /// Every byte of the header, the table and the notes, but of the long registers, in which nothing begins or ends and nobody
    /// looks, only the first and last 16 bytes and every 37th, at all alignments.
    var headCuts: [Int] {
      let alike = whole.notes.filter { $0.descriptor.count > 400 && $0.type != ReferenceNote.file }
        .flatMap { note in
          let end = Int(note.range.upperBound) - 16
          return (end + 32 - note.descriptor.count..<end).filter { $0 % 37 != 0 }
        }
      return Set(0...headEnd).subtracting(alike).sorted()
    }

    /// Where segments begin and end, and a byte before and after that.
    var segmentEnds: [UInt64] {
      let ends = whole.loads.filter { $0.fileSize > 0 }
        .flatMap { [$0.offset, $0.fileRange.upperBound] }
      return Set(ends.flatMap { [$0 - 1, $0, $0 + 1] }.filter { $0 < bytes.count }).sorted()
    }

    func check(_ cuts: some Sequence<Int>) {
      var failures = 0
      for size in cuts {
        let problems = RenderedRepair.problems(cutting: bytes, whole, to: size)
        guard !problems.isEmpty else { continue }
        failures += 1
        if failures <= 3 { Issue.record("cut to \(size): \(problems.joined(separator: "; "))") }
      }
      #expect(failures == 0)
    }
  }

  @Test(
    "at the bytes of its header, table and notes keeps every whole note and nothing else",
    .needs(.kernelCores, .gcc),
    arguments: 0..<4)
  func bytesOfTheHead(share: Int) throws {
    let core = try Self.small.get()
    let cuts = core.headCuts
    #expect(cuts.count > 2000)
    core.check(stride(from: share, to: cuts.count, by: 4).map { cuts[$0] })
  }

  @Test(
    "at every page boundary, and a byte before and after it, keeps what came before",
    .needs(.kernelCores, .gcc),
    arguments: [-1, 0, 1])
  func everyPage(shift: Int) throws {
    let core = try Self.small.get()
    let first = (core.headEnd + 4095) / 4096 * 4096
    core.check(stride(from: first + shift, to: core.bytes.count - 1, by: 4096))
  }

  @Test(
    "at every end of a segment of 50 MB, and at random bytes, keeps what came before",
    .needs(.kernelCores, .gcc),
    arguments: 0..<4 as Range<UInt64>)
  func randomBytes(seed: UInt64) throws {
    let core = try Self.large.get()
    #expect(core.bytes.count >= 40_000_000)
    #expect(core.whole.threads.count == 5)
    var random = SeededGenerator(seed: seed)
    let cuts = random.sample(25, of: UInt64(core.headEnd)..<UInt64(core.bytes.count))
    let ends = core.segmentEnds.enumerated().filter { $0.offset % 4 == seed }.map(\.element)
    core.check((cuts + ends).map(Int.init))
  }

  @Test("nowhere is whole, and no byte of it changes", .needs(.kernelCores, .gcc))
  func wholeCore() throws {
    let core = try Self.small.get()
    let repair = try Repair(of: MemorySource(core.bytes), options: .init())
    #expect(repair.isWhole)
    #expect(repair.report.isWhole)
    #expect(repair.report.lost.isEmpty)
  }
}
