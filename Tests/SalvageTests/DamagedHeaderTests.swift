import CoreIO
import CoreModel
import Salvage
import SystemPackage
import TestSupport
import Testing

/// Program headers of real cores with a field changed, held against the whole core: what can't be what its writer wrote is lost,
/// and no memory is shown where the process had other memory.
@Suite("a program header that can't be what was written")
struct DamagedHeaderTests {
  /// A whole core, and what a copy of it tells that is not so.
  struct Whole: Sendable {
    let name: String
    let bytes: [UInt8]
    let core: ReferenceCore

    init(_ name: String, _ bytes: [UInt8]) throws {
      self.name = name
      self.bytes = bytes
      core = try ReferenceCore(bytes)
      let read = try Core(Intake(MemorySource(bytes)))
      #expect(read.verdict.reasons.isEmpty, "\(name): \(read.verdict.reasons)")
    }

    init(fixture name: String) throws {
      let folder = try ScratchFolder()
      try self.init(name, ReferenceSource.contents(of: SampleCores.fixture(name, into: folder)))
    }

    var entrySize: Int { core.format.is64Bit ? 56 : 32 }
    var table: Range<Int> { Int(core.tableRange.lowerBound)..<Int(core.tableRange.upperBound) }

    /// Where a field of an entry lies.
    func place(of field: Field, in entry: Int) -> Int {
      table.lowerBound + entry * entrySize + (core.format.is64Bit ? field.at64 : field.at32)
    }

    /// What a copy with that table is told to be.
    func read(_ edit: (inout [UInt8]) -> Void) throws -> Core {
      var copy = bytes
      edit(&copy)
      return try Core(Intake(MemorySource(copy)))
    }

    /// Where memory is told that was not there in the whole core.
    func wrongMemory(_ read: Core) throws -> [UInt64] {
      var wrong: [UInt64] = []
      let loads = core.loads
      for segment in read.memory.segments where segment.fileSize > 0 {
        let end = read.memory.survivingEnd(from: segment.address)
        for address in stride(from: segment.address, to: end, by: 4096) {
          let told = read.memory.readable(at: address, count: Int(min(4096, end - address)))
          let load = loads.first { $0.readableRange.contains(address) }
          guard let load, load.readableRange.upperBound - address >= UInt64(told.count) else {
            wrong.append(address)
            continue
          }
          let start = Int(load.offset + (address - load.address))
          if !bytes.has(told, at: start) { wrong.append(address) }
        }
      }
      return wrong
    }

    /// The segments with bytes that are told as the whole core has them.
    func sound(_ read: Core) -> Set<Int> {
      Set(
        core.loads.filter { load in
          load.fileSize > 0
            && read.memory.survivedEnd(of: load.readableRange) == load.readableRange.upperBound
        }.map(\.index))
    }
  }

  struct Field: Sendable {
    let name: String
    let at32: Int
    let at64: Int
  }

  private static let type = Field(name: "p_type", at32: 0, at64: 0)
  private static let flags = Field(name: "p_flags", at32: 24, at64: 4)
  private static let offset = Field(name: "p_offset", at32: 4, at64: 8)
  private static let address = Field(name: "p_vaddr", at32: 8, at64: 16)
  private static let physical = Field(name: "p_paddr", at32: 12, at64: 24)
  private static let fileSize = Field(name: "p_filesz", at32: 16, at64: 32)
  private static let memorySize = Field(name: "p_memsz", at32: 20, at64: 40)
  private static let alignment = Field(name: "p_align", at32: 28, at64: 48)

  /// A bit of a field that is flipped.
  struct Flip: Sendable, CustomStringConvertible {
    let field: Field
    let bit: Int
    var description: String { "bit \(bit) of \(field.name)" }
  }

  static let flips: [Flip] = [
    Flip(field: type, bit: 0), Flip(field: type, bit: 3), Flip(field: type, bit: 31),
    Flip(field: flags, bit: 20), Flip(field: offset, bit: 3), Flip(field: offset, bit: 12),
    Flip(field: offset, bit: 16), Flip(field: offset, bit: 31), Flip(field: address, bit: 3),
    Flip(field: physical, bit: 12), Flip(field: fileSize, bit: 4),
    Flip(field: fileSize, bit: 12), Flip(field: fileSize, bit: 17), Flip(field: fileSize, bit: 31),
    Flip(field: memorySize, bit: 3), Flip(field: alignment, bit: 5),
    Flip(field: alignment, bit: 31),
  ]

  private static let wholes: [Result<Whole, any Error>] = [
    "clock-static.whole.core", "clock-32.whole.core", "clock-static.gcore.core",
  ].map { name in Result { try Whole(fixture: name) } }

  private static let kernel = Result {
    try Whole("the kernel's", ReferenceSource.contents(of: SharedCores.small().path))
  }

  @Test("costs no other's memory, and is said to be, whichever field was changed", arguments: flips)
  func field(flip: Flip) throws {
    for core in Self.wholes { try check(core.get(), flip) }
  }

  @Test(
    "of a core that this kernel wrote costs no other's memory, whichever field was changed",
    .needs(.kernelCores, .gcc), arguments: flips)
  func kernelField(flip: Flip) throws { try check(Self.kernel.get(), flip) }

  private func check(_ whole: Whole, _ flip: Flip) throws {
    let loads = whole.core.loads.filter { $0.fileSize > 0 }
    // The first and the last have a neighbour on one side alone.
    for load in loads.dropFirst().dropLast() {
      let place = whole.place(of: flip.field, in: load.index)
      let read = try whole.read { bytes in
        let byte = !whole.core.format.isLittleEndian ? 3 - flip.bit / 8 : flip.bit / 8
        bytes[place + byte] ^= 1 << (flip.bit % 8)
      }
      let name = "\(whole.name), \(flip) of entry \(load.index)"
      let reasons = read.verdict.reasons.filter { $0.kind == .table }
      #expect(reasons.count == 1 && reasons.allSatisfy(\.isDamage), "\(name): \(reasons)")
      #expect(reasons.first?.text.hasPrefix("1 of the program headers") ?? false, "\(name)")
      #expect(try whole.wrongMemory(read).isEmpty, "\(name)")
      let others = Set(loads.map(\.index)).subtracting([load.index])
      #expect(whole.sound(read).isSuperset(of: others), "\(name)")
    }
  }

  @Test("never shows other memory where a block of the table is random or zeros", arguments: 0..<3)
  func blocks(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    for whole in Self.wholes {
      let whole = try whole.get()
      for size in [2, 4, 8, 32, 64, 200] {
        // Behind the PT_NOTE, and before the last entry, of which less is known.
        let entries = whole.table.dropFirst(whole.entrySize).dropLast(whole.entrySize + size)
        let first = try #require(entries.randomElement(using: &random))
        for block in [[UInt8](repeating: 0, count: size), random.nonZeroBytes(size)] {
          let read = try whole.read { $0.replaceSubrange(first..<first + size, with: block) }
          let name = "\(whole.name), \(size) at \(first), \(block[0])"
          // An address that is another one in order is one that the process may have had.
          let isInAddress = Self.isInAddress(first, size, of: whole)
          #expect(try isInAddress || whole.wrongMemory(read).isEmpty, "\(name)")
        }
      }
    }
  }

  private static func isInAddress(_ first: Int, _ size: Int, of whole: Whole) -> Bool {
    let start = (first - whole.table.lowerBound) % whole.entrySize
    let field = whole.core.format.is64Bit ? 16..<24 : 8..<12
    return field.lowerBound <= start && start + size <= field.upperBound
  }

  @Test(
    "that is out of the order of addresses is lost alone, and with its neighbour where it may be either",
    arguments: [
      (0x1_0000_0000_0000, 1), (0x1000, 1), ((0x100 + 4 * 4 + 1) << 12, 2),
      ((0x100 + 4 * 8) << 12, 1),
    ] as [(UInt64, Int)])
  func order(address: UInt64, lost: Int) throws {
    let core = Self.builder(segments: 12).build()
    let whole = try Whole("built", core.bytes)
    let read = try whole.read { bytes in
      let place = whole.place(of: Self.address, in: 6)
      for byte in 0..<8 { bytes[place + byte] = UInt8(truncatingIfNeeded: address >> (8 * byte)) }
    }
    let reasons = read.verdict.reasons.filter { $0.kind == .table }
    #expect(reasons.map { $0.text.hasPrefix("\(lost) of the program headers") } == [true])
    #expect(try whole.wrongMemory(read).isEmpty)
    #expect(whole.sound(read).count == 12 - lost)
  }

  // MARK: No false alarm

  /// All but two that end in their tables, before the notes.
  private static let repairable =
    SampleCores.fixtureNames.filter {
      !["bakery.fsize-table.core", "quilt.rlimit-table.core"].contains($0)
    } + SampleCores.machineNames.map { "machine:" + $0 }

  private static func tableReasons(_ path: FilePath) throws -> [CoreVerdict.Reason] {
    var options = RepairOptions()
    options.force = true
    return try Repair(of: path, options: options).report.verdict.reasons.filter {
      $0.kind == .table
    }
  }

  @Test(
    "is in no core of the fixtures, whole or cut, and in none that was made of them",
    arguments: repairable)
  func noFalseAlarm(name: String) throws {
    let folder = try ScratchFolder()
    let path =
      name.hasPrefix("machine:")
      ? try SampleCores.machine(String(name.dropFirst(8)), into: folder).core
      : try SampleCores.fixture(name, into: folder)
    #expect(try Self.tableReasons(path).isEmpty)
    for lost in [RepairOptions.LostMemory.drop, .zero] {
      var options = RepairOptions()
      options.lostMemory = lost
      options.force = true
      if lost == .zero { options.extend = .none }
      let output = folder.file("out")
      _ = try Repair(of: path, options: options).write(to: output)
      #expect(try Self.tableReasons(output).isEmpty, "\(lost)")
    }
  }

  @Test("is in no core of another writer", arguments: ForeignCore.all)
  func foreign(core: ForeignCore) throws {
    let read = try Core(Intake(MemorySource(core.builder.build().bytes)))
    #expect(!read.verdict.reasons.contains { $0.kind == .table })
  }

  private static func builder(segments count: Int) -> CoreBuilder {
    var builder = CoreBuilder.typical(threads: 1)
    builder.segments = (0..<count).map { index in
      BuilderSegment(
        at: UInt64(0x100 + 4 * index) << 12,
        [UInt8](repeating: UInt8(index + 1), count: 4096 * (2 - index % 2)))
    }
    return builder
  }

  @Test("is none beside a gap that the writer left in the file")
  func gap() throws {
    let core = Self.builder(segments: 12).build()
    for entry in 1...11 {
      var bytes = core.bytes
      let place = core.tableRange.lowerBound + 56 * entry
      bytes.removeSubrange(place..<place + 56)
      let blank = [UInt8](repeating: 0, count: 56)
      bytes.insert(contentsOf: blank, at: core.tableRange.upperBound - 56)
      bytes[56] = 12  // e_phnum
      let read = try Core(Intake(MemorySource(bytes)))
      #expect(!read.verdict.reasons.contains { $0.kind == .table }, "\(entry)")
    }
  }

  @Test("is none where more than a few are so: then it is how the writer writes")
  func manyAlike() throws {
    let core = Self.builder(segments: 12).build()
    for field in [Self.offset, Self.address, Self.memorySize, Self.alignment, Self.physical] {
      var bytes = core.bytes
      for entry in 1...12 where entry % 2 == 0 {
        bytes[core.tableRange.lowerBound + 56 * entry + field.at64] ^= 8
      }
      let read = try Core(Intake(MemorySource(bytes)))
      #expect(!read.verdict.reasons.contains { $0.kind == .table }, "\(field.name)")
    }
  }
}
