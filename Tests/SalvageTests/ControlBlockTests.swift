import CoreIO
import CoreModel
import ELFCore
import TestSupport
import Testing

/// A core in which threads' control blocks hold other bytes, as where a second dump was appended to one that was cut.
@Suite("a thread's control block that does not begin with its own address")
struct ControlBlockTests {
  @Test(
    "is told where others do, is damage where several come behind them, and nothing where no thread has one"
  )
  func foreign() throws {
    let folder = try ScratchFolder(in: .memory)
    let bytes = try ReferenceSource.contents(
      of: SampleCores.fixture("bakery.whole.core", into: folder))
    let whole = try Core(Intake(MemorySource(bytes)))
    #expect(whole.verdict.reasons.isEmpty)
    let blocks = whole.process.threads.compactMap { thread -> Int? in
      guard let block = thread.controlBlock, let segment = whole.memory.segment(at: block) else {
        return nil
      }
      return Int(segment.fileOffset + (block - segment.address))
    }.sorted()
    try #require(blocks.count > 3)
    func reasons(_ wrong: ArraySlice<Int>) throws -> [CoreVerdict.Reason] {
      var copy = bytes
      for offset in wrong {
        copy.replaceSubrange(offset..<offset + 8, with: [1, 2, 3, 4, 5, 6, 7, 8])
      }
      let core = try Core(Intake(MemorySource(copy)))
      let found = core.verdict.reasons
      #expect(core.verdict.isWhole == !found.contains(where: \.isDamage))
      return found.filter { $0.kind == .foreign }
    }
    for index in blocks.indices {
      let one = try reasons(blocks[index...index])
      #expect(one.map(\.isDamage) == [false], "\(index): \(one)")
      guard index > 0, index < blocks.count - 1 else { continue }
      let later = try reasons(blocks[index...])
      #expect(later.map(\.isDamage) == [true], "\(index): \(later)")
      let before = try reasons(blocks[..<(index + 1)])
      #expect(before.map(\.isDamage) == [false], "\(index): \(before)")
    }
    #expect(try reasons(blocks[...]).isEmpty)
  }
}
