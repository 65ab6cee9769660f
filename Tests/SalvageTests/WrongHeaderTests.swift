import CoreIO
import CoreModel
import ELFCore
import Salvage
import SystemPackage
import TestSupport
import Testing

/// A core of which nothing is wrong but where its file header says that the program header table is, or how long.
@Suite("a core whose file header has a wrong bit")
struct WrongHeaderTests {
  private static let cores = [
    "bakery.whole.core", "clock-32.whole.core", "clock-static.whole.core",
  ]

  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func bytes(_ name: String) throws -> [UInt8] {
    try ReferenceSource.contents(of: SampleCores.fixture(name, into: folder))
  }

  private static func core(_ bytes: [UInt8]) throws -> Core {
    try Core(Intake(MemorySource(bytes)))
  }

  @Test("in its count of program headers loses no memory by it, cut or not", arguments: cores)
  func wrongCount(name: String) throws {
    let whole = try bytes(name)
    let is64Bit = whole[4] == 2
    let field = is64Bit ? 56 : 44
    for dropped in [0, whole.count / 3] {
      let right = Array(whole.dropLast(dropped))
      let expected = try Self.core(right)
      for bit in 0..<16 {
        var wrong = right
        wrong[field + bit / 8] ^= 1 << (bit % 8)
        let found = try Self.core(wrong)
        #expect(found.structure.programHeaders == expected.structure.programHeaders, "bit \(bit)")
        #expect(found.structure.notes == expected.structure.notes)
        #expect(found.damage == expected.damage, "bit \(bit)")
        #expect(!found.verdict.isWhole && found.verdict.reasons.contains { $0.kind == .table })
        #expect(!found.verdict.reasons.contains { $0.kind == .moved }, "\(found.verdict)")
      }
    }
  }

  @Test(
    "in the place of its table has the table that is there, or none of what isn't one",
    arguments: cores)
  func wrongPlace(name: String) throws {
    let whole = try bytes(name)
    let is64Bit = whole[4] == 2
    let field = is64Bit ? 32 : 28
    let expected = try Self.core(whole)
    var mended = 0
    for bit in 0..<(is64Bit ? 64 : 32) {
      var wrong = whole
      wrong[field + bit / 8] ^= 1 << (bit % 8)
      guard let found = try? Self.core(wrong) else { continue }
      #expect(!found.verdict.isWhole, "bit \(bit)")
      guard found.structure.headerDamage != nil else {
        #expect(found.memory.segments.isEmpty, "bit \(bit): \(found.structure.programHeaders)")
        continue
      }
      mended += 1
      #expect(found.structure.programHeaders == expected.structure.programHeaders, "bit \(bit)")
      #expect(found.damage == expected.damage)
    }
    // Those that stay in the file.
    #expect(mended >= 15, "\(mended)")
  }

  @Test("is repaired to one that has all of its memory, and is whole then", arguments: cores)
  func repaired(name: String) throws {
    let whole = try bytes(name)
    var wrong = whole
    wrong[whole[4] == 2 ? 56 : 44] ^= 0x41
    let input = try folder.write(wrong, to: "wrong")
    let output = folder.file("out")
    let written = try Repair(of: input).write(to: output)
    #expect(written.report.memory.lost == 0)
    let comparison = try MemoryComparison(ReferenceCore(whole), ReferenceCore(contentsOf: output))
    #expect(comparison.isEqual, "\(comparison)")
    #expect(try Repair(of: output).report.isWhole)
    // What was wrong is told as of the time before.
    let before = try Inspection(of: output)
    #expect(before.isRepaired && before.isMended && !before.isWhole)
    #expect(try !Inspection(of: input).isMended)
    _ = try Repair.inPlace(input)
    #expect(try Inspection(of: input).isMended)
    _ = try Undo(input)
    #expect(try ReferenceSource.contents(of: input) == wrong)
  }
}
