import CoreIO
import CoreModel
import Salvage
import SystemPackage
import TestSupport
import Testing

/// A kernel's core in which a block is missing, or stands twice, before the stacks of its threads, and which ends before the first
/// library: the control blocks of the threads are all that tells.
@Suite(
  "a core with a block missing before its stacks, cut before its libraries",
  .needs(.kernelCores, .gcc))
struct MovedStackTests {
  private struct Whole: Sendable {
    let bytes: [UInt8]
    let core: ReferenceCore
    /// Of the heap, in the file: it lies before all stacks.
    let heap: Range<Int>
    /// Where the first library begins.
    let libraries: Int

    init() throws {
      let path = try SharedCores.small().path
      bytes = try ReferenceSource.contents(of: path)
      core = try ReferenceCore(bytes)
      let loads = core.loads.filter { $0.fileSize > 0 }.sorted { $0.address < $1.address }
      let mappings = try core.mappings()
      let program = try #require(mappings.min { $0.range.lowerBound < $1.range.lowerBound })
      let library = try #require(
        mappings.filter { $0.path != program.path }.min {
          $0.range.lowerBound < $1.range.lowerBound
        })
      let first = try #require(loads.first { $0.address >= library.range.lowerBound })
      libraries = Int(first.offset)
      let programEnd =
        mappings.filter { $0.path == program.path }.map(\.range.upperBound).max() ?? 0
      let heap = try #require(loads.first { $0.address >= programEnd && $0.fileSize > 8192 })
      self.heap = Int(heap.offset)..<Int(heap.offset + heap.fileSize)
    }
  }

  private static let whole = Result { try Whole() }

  private func repair(_ input: [UInt8], _ shifts: IntakeOptions.Shifts) throws -> Repair {
    var options = RepairOptions()
    options.intake.shifts = shifts
    options.rebuild = .none
    return try Repair(of: MemorySource(input), options: options)
  }

  private func comparison(_ repair: Repair, _ whole: Whole) throws -> MemoryComparison {
    let source = PlanSource(repair.plan, repair.source)
    return try MemoryComparison(
      whole.core, ReferenceCore(source.bytes(at: 0, count: Int(repair.plan.size))))
  }

  @Test(
    "shows no byte of another address, says how many are missing or too many, and is mended",
    arguments: [BlockDamage.Kind.removed, .doubled, .strange], [512, 4096, 1234])
  func told(kind: BlockDamage.Kind, size: Int) throws {
    let whole = try Self.whole.get()
    let damage = BlockDamage(kind, at: whole.heap.lowerBound + 4096, size: size)
    let change = kind == .removed ? -size : size
    let input = Array(damage.applied(to: whole.bytes).prefix(whole.libraries + min(0, change)))
    var survived: [UInt64] = []
    for shifts in [IntakeOptions.Shifts.lose, .mend] {
      let repair = try repair(input, shifts)
      #expect(repair.report.wayIn.offsets.seams.map(\.change) == [Int64(change)])
      let comparison = try comparison(repair, whole)
      #expect(comparison.different.isEmpty && comparison.onlyInSecond.isEmpty, "\(comparison)")
      survived.append(repair.report.memory.survived)
    }
    // Three stacks are put back, from the first control block to the last.
    #expect(survived[1] > survived[0] + 100_000, "\(survived)")
  }

  @Test("is no core that is only cut there, nor one whose control blocks were overwritten")
  func noAlarm() throws {
    let whole = try Self.whole.get()
    var input = Array(whole.bytes.prefix(whole.libraries))
    #expect(try !repair(input, .lose).report.wayIn.offsets.isMoved)
    // From the heap on all is something else, and nothing of it is anywhere.
    for index in whole.heap.lowerBound..<input.count { input[index] = UInt8(index % 251) }
    let offsets = try repair(input, .lose).report.wayIn.offsets
    #expect(!offsets.isMoved && offsets.sentences(isMended: false).isEmpty)
  }
}
