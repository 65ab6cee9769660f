import CoreIO
import CoreModel
import ELFCore
import Salvage
import SalvageText
import SystemPackage
import TestSupport
import Testing

/// Whole cores by the kernel with one bit of the program header table flipped, each bit in turn, held against the core as it was.
@Suite("one wrong bit in a program header")
struct TableMendTests {
  typealias Whole = DamagedHeaderTests.Whole

  private static let cores = ["bakery.whole.core", "clock-32.whole.core"]
  /// Those that are read anew a thousand times.
  private static let smallCores = ["clock-static.whole.core", "clock-32.whole.core"]

  /// What of the flips was told of, and given back.
  private struct Tally {
    var told = 0
    var mended = 0
  }

  /// Whether nothing tells that a byte of an entry is wrong.
  private static func isUnknowable(
    _ place: Int, _ load: ReferenceSegment, _ mappings: [ReferenceMapping], in whole: Whole
  ) -> Bool {
    // The address of memory that no list names: another one that is free is one that the process may have had.
    let isNamed = mappings.contains { $0.range == load.memoryRange }
    let field = whole.core.format.is64Bit ? 16..<24 : 8..<12
    return !isNamed && field.contains(place)
  }

  @Test(
    "shows no memory that was not there, and gives back what the others tell",
    arguments: smallCores)
  func everyBit(name: String) throws {
    let whole = try Whole(fixture: name)
    let loads = whole.core.loads.filter { $0.index > 0 }
    var tally = Tally()
    let original = try whole.read { _ in }.structure.table
    let mappings = try whole.core.mappings()
    // All entries would take minutes.
    for load in [loads[0], loads[loads.count / 2], loads[loads.count - 1]] {
      for place in 0..<whole.entrySize {
        for bit in 0..<8 {
          let read = try whole.read {
            $0[whole.table.lowerBound + load.index * whole.entrySize + place] ^= 1 << bit
          }
          let text = "bit \(bit) of byte \(place) of entry \(load.index)"
          if !Self.isUnknowable(place, load, mappings, in: whole) {
            #expect(try whole.wrongMemory(read).isEmpty, "\(text)")
          }
          check(read, whole, mappings, text)
          tally.told += read.verdict.reasons.contains { $0.kind == .table } ? 1 : 0
          for run in read.structure.table.mended {
            for number in run {
              let mended = read.structure.table[number: UInt32(number)]
              let right = original[number: UInt32(number)]
              #expect(mended == right || mended?.flags != right?.flags, "\(text)")
              #expect(mended?.address == right?.address, "\(text)")
              #expect(mended?.fileOffset == right?.fileOffset, "\(text)")
              #expect(mended?.fileSize == right?.fileSize, "\(text)")
              #expect(mended?.memorySize == right?.memorySize, "\(text)")
            }
            tally.mended += 1
          }
        }
      }
    }
    print("\(name): \(tally)")
    #expect(tally.mended * 10 > tally.told * 9, "\(tally)")
  }

  /// No file may stand for memory that was dumped and is not there: what the repair takes out of NT_FILE is all that.
  private func check(_ read: Core, _ whole: Whole, _ mappings: [ReferenceMapping], _ text: String) {
    for mapping in mappings {
      for load in whole.core.loads
      where load.fileSize > 0 && load.readableRange.overlaps(mapping.range) {
        let dumped = load.readableRange.clamped(to: mapping.range)
        guard !read.memory.has(.survived, in: dumped) else { continue }
        let isTold =
          read.structure.unnamed.addresses.contains { $0.overlaps(mapping.range) }
          || read.memory.has(.lost, in: dumped)
        #expect(isTold, "\(text): \(mapping)")
      }
    }
  }

  @Test(
    "or an entry that is gone is repaired to a core that has its memory, and says so",
    arguments: cores)
  func goneEntry(name: String) throws {
    let whole = try Whole(fixture: name)
    var given = 0
    for load in whole.core.loads where load.fileSize > 0 {
      let folder = try ScratchFolder(in: .memory)
      var bytes = whole.bytes
      let start = whole.table.lowerBound + load.index * whole.entrySize
      for place in start..<start + whole.entrySize { bytes[place] = 0 }
      let input = try folder.write(bytes, to: "in")
      let output = folder.file("out")
      let report = try Repair(of: input).write(to: output).report
      let repaired = try ReferenceCore(contentsOf: output)
      #expect(!report.isWhole)
      let isThere = repaired.loads.contains { $0.readableRange == load.readableRange }
      given += isThere ? 1 : 0
      #expect(report.memory.lost == (isThere ? 0 : load.fileSize), "entry \(load.index)")
      #expect(report.tableLost == (isThere ? 0 : UInt64(whole.entrySize)), "entry \(load.index)")
      // No list of ranges can have it.
      let size = ByteCount(load.fileSize)
      let isTold = report.description.contains(
        "memory whose program headers are lost, \(size)\n")
      #expect(isTold == !isThere, "entry \(load.index): \(report)")
      for core in [input, output] {
        let text = try Inspection(of: core).description
        let isOpen = text.contains("not counting memory whose headers are lost")
        #expect(isOpen == !isThere, "entry \(load.index): \(text)")
      }
      // No file stands for what is not there.
      for mapping in try repaired.mappings() where mapping.range.overlaps(load.readableRange) {
        #expect(isThere, "entry \(load.index): \(mapping)")
      }
      let comparison = try MemoryComparison(whole.core, repaired)
      #expect(isThere ? comparison.isEqual : true, "entry \(load.index): \(comparison)")
      // It is whole then, but for what it tells of.
      #expect(try Repair(of: output).report.isWhole, "entry \(load.index)")
      // In place, the same memory, and every byte back.
      _ = try Repair.inPlace(input)
      let inPlace = try MemoryComparison(repaired, ReferenceCore(contentsOf: input))
      #expect(inPlace.isEqual, "entry \(load.index): \(inPlace)")
      _ = try Undo(input)
      #expect(try ReferenceSource.contents(of: input) == bytes, "entry \(load.index)")
    }
    #expect(given > 3, "\(given)")
  }

  @Test("or an entry that is gone is told by the debuggers' scripts", .needs(.tool("python3")))
  func scripts() throws {
    let whole = try Whole(fixture: Self.cores[0])
    let share = Tool.packageRoot.appending("share").string
    let script = """
      import sys; sys.path.insert(0, "\(share)")
      import coresalvage_notes
      print("\\n".join(coresalvage_notes.Record(sys.argv[1]).warning()))
      """
    var told: Set<Bool> = []
    for load in whole.core.loads where load.fileSize > 0 {
      let folder = try ScratchFolder(in: .memory)
      var bytes = whole.bytes
      let start = whole.table.lowerBound + load.index * whole.entrySize
      for place in start..<start + whole.entrySize { bytes[place] = 0 }
      let output = folder.file("out")
      let report = try Repair(of: folder.write(bytes, to: "in")).write(to: output).report
      let text = try Tool("python3", ["-c", script, output.string]).runSuccessfully().text
      let isTold = text.contains("the memory that only they named is not counted")
      #expect(isTold == (report.tableLost > 0), "entry \(load.index): \(text)")
      told.insert(isTold)
    }
    #expect(told.count == 2)
  }
}
