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

  @Test("in the place of its table has the table that is there", arguments: cores)
  func wrongPlace(name: String) throws {
    let whole = try bytes(name)
    let is64Bit = whole[4] == 2
    let expected = try Self.core(whole)
    for bit in 0..<(is64Bit ? 64 : 32) {
      var wrong = whole
      wrong[(is64Bit ? 32 : 28) + bit / 8] ^= 1 << (bit % 8)
      let found = try Self.core(wrong)
      #expect(!found.verdict.isWhole && found.structure.headerDamage != nil, "bit \(bit)")
      #expect(found.structure.programHeaders == expected.structure.programHeaders, "bit \(bit)")
      #expect(found.damage == expected.damage)
    }
  }

  @Test(
    "in a field that has one right value has all of its memory, and is repaired", arguments: cores)
  func onlyValue(name: String) throws {
    let whole = try bytes(name)
    let is64Bit = whole[4] == 2
    let expected = try Self.core(whole)
    // EI_VERSION, e_type, e_version, e_shoff, e_ehsize, e_phentsize, e_shnum.
    let fields =
      is64Bit
      ? [6..<7, 16..<18, 20..<24, 40..<48, 52..<54, 54..<56, 60..<62]
      : [6..<7, 16..<18, 20..<24, 32..<36, 40..<42, 42..<44, 48..<50]
    for byte in fields.joined() {
      for bit in 0..<8 {
        var wrong = whole
        wrong[byte] ^= 1 << bit
        let found = try Self.core(wrong)
        let text = "bit \(bit) of byte \(byte)"
        #expect(found.structure.headerDamage != nil && !found.verdict.isWhole, "\(text)")
        #expect(found.structure.programHeaders == expected.structure.programHeaders, "\(text)")
        #expect(found.damage == expected.damage, "\(text)")
        guard bit == byte % 8 else { continue }
        let folder = try ScratchFolder(in: .memory)
        let output = folder.file("out")
        _ = try Repair(of: try folder.write(wrong, to: "wrong")).write(to: output)
        let header = try ReferenceSource(contentsOf: output).read(at: 0, count: is64Bit ? 64 : 52)
        let places = Set(is64Bit ? 32..<40 : 28..<32).union(is64Bit ? 56..<58 : 44..<46)
        for place in header.indices where !places.contains(place) {
          #expect(header[place] == whole[place], "\(text): \(place)")
        }
      }
    }
  }

  @Test("and of which no note shows that it is a core is none by that")
  func noCore() throws {
    var bytes = try bytes(Self.cores[0])
    bytes[16] = 5
    for place in Int(bytes.count / 2)..<bytes.count { bytes[place] = 0 }
    let notes = 64 + 56 * Int(bytes[56])
    for place in notes..<notes + 64 { bytes[place] = 0 }
    #expect(throws: SalvageError.self) { try Self.core(bytes) }
  }

  @Test("whose table really stood behind its end has no other one", arguments: cores)
  func cutTable(name: String) throws {
    let cut = Array(try bytes(name).dropLast(20_000))
    let output = folder.file("out")
    _ = try Repair(of: try folder.write(cut, to: "cut")).write(to: output)
    let repaired = try ReferenceSource.contents(of: output)
    for dropped in [64, 1000, 3000] {
      let again = Array(repaired.dropLast(dropped))
      guard let found = try? Self.core(again) else { continue }
      #expect(found.structure.headerDamage == nil, "\(dropped)")
    }
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
