import CoreIO
import ELFCore
import Salvage
import TestSupport
import Testing

/// Real cores of a dynamic program, with lies in their headers, notes and link map.
@Suite("a core that lies about its libraries")
struct RebuildFuzzTests {
  private static let traps: [UInt64] = [
    0, 1, 7, 0xfff, 0x1000, 0x7fff_ffff_f000, 0xffff_ffff_ffff_f000, .max, .max - 7, 1 << 63,
  ]

  @Test(
    "is repaired without a trap, and no address gets two meanings", .needs(.kernelCores, .gcc),
    arguments: 0..<4 as Range<UInt64>)
  func mutations(seed: UInt64) throws {
    let folder = try ScratchFolder(in: .memory)
    let core = try KernelCores.dump(.small, in: folder)
    let whole = try ReferenceSource.contents(of: core.path)
    let reference = try core.reference
    let loads = reference.loads.filter { $0.fileSize > 0 }
    var random = SeededGenerator(seed: seed)
    let cuts = loads.map { Int($0.offset) } + [whole.count]
    for round in 0..<150 {
      let size = try #require(cuts.randomElement(using: &random))
      var bytes = Array(whole[..<max(size, cuts[1])])
      // What the rebuild reads: headers and notes, then words of the program's and the linker's pages.
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let end = Bool.random(using: &random) ? Int(loads[0].offset) : bytes.count
        let offset = Int.random(in: 0..<max(end - 8, 1), using: &random) / 8 * 8
        let trap = try #require(Self.traps.randomElement(using: &random))
        for index in 0..<8 {
          bytes[offset + index] = UInt8(truncatingIfNeeded: trap >> UInt64(8 * index))
        }
      }
      var options = RepairOptions()
      options.withFiles = Bool.random(using: &random) ? .all : .headers
      options.lostMemory = RepairOptions.LostMemory.allCases.randomElement(using: &random) ?? .drop
      let repair: Repair
      do throws(SalvageError) {
        repair = try Repair(of: MemorySource(bytes), options: options)
      } catch {
        continue
      }
      #expect(!repair.report.description.isEmpty)
      let rebuilt = repair.report.rebuilt.map { $0.address..<$0.address + $0.length }
      for (first, second) in zip(rebuilt, rebuilt.dropFirst()) {
        #expect(first.upperBound <= second.lowerBound, "seed \(seed), round \(round)")
      }
      guard !repair.isWhole else { continue }
      let plan = repair.plan
      for entry in plan.segments.entries where entry.kind == .load && entry.fileSize > 0 {
        let (end, overflow) = entry.address.addingReportingOverflow(entry.fileSize)
        guard !overflow else { continue }
        let range = entry.address..<end
        let isOurs = entry.fileOffset >= plan.tailOffset
        #expect(isOurs == rebuilt.contains(range), "seed \(seed), round \(round): \(entry)")
      }
    }
  }
}
