import CoreIO
import CoreModel
import ELFCore
import Salvage
import SystemPackage
import TestSupport
import Testing

/// A core in which a block is missing from the program header table, or from the last note, or stands there twice, held against the
/// whole one: what is told of a copy has to be so of the whole core.
@Suite("a core with bytes missing from its program header table or its last note, or too many")
struct HeadSpliceTests {
  private struct Whole: Sendable {
    let name: String
    /// Whether its notes stand right behind its table: one page of memory there tells less.
    var table: Range<Int> { Int(core.tableRange.lowerBound)..<Int(core.tableRange.upperBound) }
    var entrySize: Int { core.format.is64Bit ? 56 : 32 }
    var isKernels: Bool { !name.contains("gcore") }
    let original: SplicedSource.Original
    let core: ReferenceCore
    /// The descriptors of the notes, by owner and type.
    private let notes: Set<[UInt8]>
    /// Their paths, by where they begin.
    private let modules: [UInt64: String]
    private let threads: [UInt32: [UInt64?]]

    init(_ name: String) throws {
      self.name = name
      let folder = try ScratchFolder()
      let path = try SampleCores.fixture(name, into: folder)
      let bytes = try ReferenceSource.contents(of: path)
      original = SplicedSource.Original(bytes)
      core = try ReferenceCore(bytes)
      notes = Set(core.notes.map { Self.key(Array($0.owner.utf8), $0.type, $0.descriptor) })
      let whole = try Self.inspection(SplicedSource(original, at: 0, change: 0), .lose)
      #expect(whole.isWhole)
      modules = Dictionary(
        uniqueKeysWithValues: whole.modules.map {
          ($0.base, String(decoding: $0.path, as: UTF8.self))
        })
      threads = Dictionary(
        uniqueKeysWithValues: whole.threads.map { ($0.id, [$0.programCounter, $0.stackPointer]) })
    }

    private static func key(_ owner: [UInt8], _ type: UInt32, _ bytes: [UInt8]) -> [UInt8] {
      owner + [0] + withUnsafeBytes(of: type, Array.init) + bytes
    }

    private static func inspection(
      _ source: SplicedSource, _ shifts: IntakeOptions.Shifts
    ) throws -> Inspection {
      try Inspection(of: Intake(source).mended(shifts), options: options)
    }

    private static var options: Inspection.Options {
      var options = Inspection.Options()
      options.readsLocalFiles = false
      options.asksJournal = false
      return options
    }

    /// What is wrong with what is told of a copy with some bytes missing from a place on, or doubled before it.
    func problems(
      at place: Int, change: Int, cutTo end: Int?, _ shifts: IntakeOptions.Shifts
    ) throws -> [String] {
      let source = SplicedSource(original, at: place, change: change, cutTo: end)
      var options = IntakeOptions()
      options.shifts = shifts
      let intake = try Intake(source).mended(shifts)
      let read: Core
      do {
        read = try Core(intake, options: options)
      } catch {
        // Nothing is told.
        return []
      }
      var problems: [String] = []
      if read.verdict.isWhole { problems.append("is called whole") }
      for note in read.structure.notes {
        let bytes = try read.source.bytes(
          at: note.descriptorOffset, count: Int(note.descriptorSize))
        if !notes.contains(Self.key(note.owner, note.kind.rawValue, bytes)) {
          problems.append(
            "note \(note.kind.rawValue) at \(note.fileOffset) is none of the whole core's")
        }
      }
      problems += try memoryProblems(read)
      let inspection = try Inspection(of: intake, read, options: Self.options)
      for module in inspection.modules {
        let name = String(decoding: module.path, as: UTF8.self)
        // Of a path that is lost its name may be told, or nothing.
        let whole = modules[module.base]
        let isKnown = whole.map { $0 == name || name.isEmpty || $0.hasSuffix("/" + name) } ?? false
        if !isKnown || module.end < module.base || module.end - module.base > 1 << 32 {
          problems.append(
            "module \(name) at \(module.base) to \(module.end) is not the whole core's")
        }
      }
      for thread in inspection.threads
      where threads[thread.id] != [thread.programCounter, thread.stackPointer] {
        problems.append("thread \(thread.id) is none of the whole core's")
      }
      return problems
    }

    /// All that is told of memory is told by its address.
    private func memoryProblems(_ read: Core) throws -> [String] {
      let loads = core.loads
      for segment in read.memory.segments {
        let end = read.memory.survivingEnd(from: segment.address)
        guard end > segment.address else { continue }
        for address in stride(from: segment.address, to: end, by: 4096 * 40) {
          let count = Int(min(64, end - address))
          let bytes = read.memory.readable(at: address, count: count)
          let load = loads.first { $0.readableRange.contains(address) }
          guard let load, load.readableRange.upperBound - address >= UInt64(bytes.count) else {
            return ["memory at \(address) was not in the whole core"]
          }
          let start = Int(load.offset + (address - load.address))
          if !original.bytes.has(bytes, at: start) {
            return ["memory at \(address) is not that of the whole core"]
          }
        }
      }
      return []
    }
  }

  private static let wholes: [Result<Whole, any Error>] = [
    "clock-static.whole.core", "clock-32.whole.core", "clock-static.gcore.core",
    "bakery.whole.core",
  ].map { name in Result { try Whole(name) } }

  private static let seeds =
    0..<UInt64(Environment["CORESALVAGE_SPLICES"].flatMap { Int($0) } ?? 4)

  private func check(_ core: Whole, at place: Int, change: Int, cutTo end: Int? = nil) throws {
    for shifts in [IntakeOptions.Shifts.lose, .mend] {
      let problems = try core.problems(at: place, change: change, cutTo: end, shifts)
      #expect(
        problems.isEmpty,
        "\(core.name), \(shifts): \(change) at \(place), cut to \(end ?? 0): \(problems.prefix(3))")
    }
  }

  @Test(
    "in the table tells no register, thread, module or memory that the whole one doesn't",
    arguments: seeds)
  func table(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for core in Self.wholes {
      let core = try core.get()
      let (table, entry) = (core.table, core.entrySize)
      for unit in [1, 4, entry, entry] {
        let size = max(1, Int.random(in: 1...min(table.count, 1200), using: &random) / unit) * unit
        let first = Int.random(in: 0...max(0, table.count - size) / unit, using: &random) * unit
        try check(core, at: table.lowerBound + first, change: -min(size, table.count - first))
      }
    }
  }

  @Test(
    "too many in the table tells no register, thread, module or memory that the whole one doesn't",
    arguments: seeds)
  func doubledInTable(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for core in Self.wholes {
      let core = try core.get()
      guard core.isKernels else { continue }
      let (table, entry) = (core.table, core.entrySize)
      for size in [1, 7, 512, entry, 2 * entry] {
        let place = Int.random(
          in: max(size, table.lowerBound + 1)..<table.upperBound - entry, using: &random)
        try check(core, at: place, change: size)
        let end = Int.random(in: table.upperBound..<core.original.bytes.count, using: &random)
        try check(core, at: place, change: size, cutTo: end)
      }
    }
  }

  @Test(
    "that reach from the table into the notes tells no memory that the whole one doesn't",
    arguments: seeds)
  func tableAndNotes(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for core in Self.wholes {
      let core = try core.get()
      guard core.isKernels else { continue }
      let (table, entry) = (core.table, core.entrySize)
      for size in [512, 4096, 4096] {
        let first = max(table.lowerBound, table.upperBound + 21 - size)
        let place = Int.random(in: first..<table.upperBound - entry, using: &random)
        try check(core, at: place, change: -size)
      }
    }
  }

  @Test(
    "in the last note tells no register, thread, module or memory that the whole one doesn't",
    arguments: seeds)
  func lastNote(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for core in Self.wholes {
      let core = try core.get()
      let last = try #require(core.core.notes.max { $0.range.lowerBound < $1.range.lowerBound })
      let note = Int(last.range.lowerBound)..<Int(last.range.upperBound)
      for unit in [1, 4, 4, 64] {
        let size = max(1, Int.random(in: 1...note.count, using: &random) / unit) * unit
        let first = Int.random(in: 0...max(0, note.count - size), using: &random)
        try check(core, at: note.lowerBound + first, change: -min(size, note.count - first))
      }
    }
  }
}
