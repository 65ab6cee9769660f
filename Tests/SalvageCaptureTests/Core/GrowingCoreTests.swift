import CoreIO
import CoreModel
import ELFCore
import Salvage
import SystemPackage
import TestSupport
import Testing

@testable import SalvageCapture

@Suite("A growing core")
struct GrowingCoreTests {
  /// All classes and byte orders, and a table that is counted in a section header.
  struct Kind: Sendable, CustomStringConvertible {
    var machine: BuilderMachine
    var isExtended = false

    var description: String { "\(machine)\(isExtended ? ", counted in section 0" : "")" }

    static let all = [
      Kind(machine: .x86_64), Kind(machine: .i386), Kind(machine: .s390x), Kind(machine: .ppc),
      Kind(machine: .x86_64, isExtended: true),
    ]

    var builder: CoreBuilder {
      var builder = CoreBuilder.typical(machine)
      builder.usesExtendedNumbering = isExtended
      return builder
    }
  }

  /// A file under work is locked.
  private static func inspection(_ path: FilePath) throws -> Inspection {
    try Inspection(of: .bytes(ReferenceSource.contents(of: path)))
  }

  @Test(
    "is a core with all that is saved, and nothing else, after every write",
    arguments: Kind.all, 1...3 as ClosedRange<UInt64>)
  func everyWrite(_ kind: Kind, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let folder = try ScratchFolder(in: .memory)
    let grown = try GrownCore(kind.builder, at: folder.file("core"))
    try grown.core.publish(grown.record)
    try grown.file.takeName()
    // Between two tables a reader may find the one or the other, and nothing else.
    var published: [Set<GrownCore.Page>] = [[]]
    var (faults, writes): ([String], Int) = ([], 0)
    grown.file.afterWrite = {
      writes += 1
      let found = published.map { set in
        Result { try grown.faults(published: set) }
      }
      let isGood = found.contains { if case .success([]) = $0 { true } else { false } }
      if !isGood { faults.append("\(found)") }
    }
    for page in grown.pages.shuffled(using: &random) {
      try grown.save(page)
      guard Int.random(in: 0..<3, using: &random) == 0 else { continue }
      published = [published.last ?? [], grown.saved]
      try grown.core.publish(grown.record)
      published = [grown.saved]
      #expect(try grown.faults(published: grown.saved) == [])
    }
    published = [published.last ?? [], grown.saved]
    try grown.core.finish(grown.record, .gone)
    #expect(try grown.faults(published: grown.saved) == [])
    #expect(writes > grown.pages.count)
    #expect(faults.prefix(3).isEmpty, "\(faults.prefix(3))")
  }

  @Test("reads back by address what is saved, through the library too", arguments: Kind.all)
  func library(_ kind: Kind) throws {
    let folder = try ScratchFolder(in: .memory)
    let grown = try GrownCore(kind.builder, at: folder.file("core"))
    for page in grown.pages where page.address & 4096 == 0 { try grown.save(page) }
    try grown.core.publish(grown.record)
    try grown.file.takeName()
    let source = MemorySource(try ReferenceSource.contents(of: grown.file.path))
    let structure = try Probe.structure(of: source)
    #expect(structure.notes.count { $0.kind == .threadStatus && $0.isProcessNote } == 3)
    let memory = CoreMemory(
      structure, DamageMap(sizeFound: source.size, sizeDue: source.size), source)
    for page in grown.pages {
      let read = try memory.bytes(at: page.address, count: page.range.count)
      #expect(read == (grown.saved.contains(page) ? Array(grown.bytes(page)) : nil))
    }
  }

  @Test("that is complete is the kernel's but for the entry of the notes", arguments: Kind.all)
  func complete(_ kind: Kind) throws {
    let folder = try ScratchFolder(in: .memory)
    let grown = try GrownCore(kind.builder, at: folder.file("core"))
    for page in grown.pages.reversed() {
      try grown.save(page)
      try grown.core.publish(grown.record)
    }
    grown.record.steps.append(.init(.done, 1000))
    try grown.core.finish(grown.record, .gone)
    try grown.file.takeName()
    let found = try ReferenceSource.contents(of: grown.file.path)
    let built = grown.built
    let entrySize = kind.machine.format.programHeaderSize
    let notesEntry = built.tableRange.lowerBound..<built.tableRange.lowerBound + entrySize
    // So few entries need no section header to be counted in.
    let start = kind.isExtended ? built.tableRange.lowerBound : 0
    let first = (start..<built.dueSize).first {
      !notesEntry.contains($0) && found[$0] != built.bytes[$0]
    }
    #expect(first == nil, "another byte than the kernel's")
    let reference = try ReferenceCore(found)
    #expect(try reference.lost()?.entries.isEmpty == true)
    let notes = Array(found[reference.noteSegments[0].fileRange.asInts])
    #expect(notes.starts(with: built.bytes[built.notesRange]))
    let inspection = try Self.inspection(grown.file.path)
    #expect(inspection.isWhole && inspection.report.memory.lost == 0, "\(inspection)")
  }

  @Test("of which memory is missing lists it, each part with its cause", arguments: Kind.all)
  func losses(_ kind: Kind) throws {
    let folder = try ScratchFolder(in: .memory)
    let grown = try GrownCore(kind.builder, at: folder.file("core"))
    let missing = [grown.pages[2], grown.pages[7]]
    for page in grown.pages where !missing.contains(page) { try grown.save(page) }
    let unreadable = missing[1].address..<missing[1].address + 4096
    grown.core.refuse(unreadable, .unreadable)
    grown.record.steps.append(.init(.done, 1000))
    try grown.core.finish(grown.record, .noRoom)
    try grown.file.takeName()
    #expect(try grown.faults(published: grown.saved) == [])
    let lost = try #require(try ReferenceCore(contentsOf: grown.file.path).lost())
    #expect(lost.entries.map(\.address) == missing.map(\.address))
    #expect(lost.entries.map(\.cause) == [9, 2] && lost.entries.allSatisfy { $0.state == 1 })
    // By the numbers of the kernel's table, at the kernel's offsets.
    for (entry, page) in zip(lost.entries, missing) {
      #expect(entry.header == UInt32(page.segment + 1))
      let place = grown.built.segmentRanges[page.segment].lowerBound + page.range.lowerBound
      #expect(entry.offset == UInt64(place))
    }
    let inspection = try Self.inspection(grown.file.path)
    #expect(!inspection.isWhole && inspection.report.memory.lost == 8192)
  }

  @Test("of 70,000 mappings is one at every moment, and at its end")
  func manyMappings() throws {
    let folder = try ScratchFolder(in: .memory)
    var builder = CoreBuilder.typical()
    let (last, start): (BuilderSegment, UInt64) = (builder.segments.removeLast(), 0x1_0000_0000)
    builder.segments += (0..<70_000).map {
      BuilderSegment(undumpedAt: start + $0 << 13, size: 4096)
    }
    builder.segments.append(BuilderSegment(at: start << 8, last.bytes ?? []))
    let grown = try GrownCore(builder, at: folder.file("core"))
    try grown.core.publish(grown.record)
    try grown.file.takeName()
    for page in grown.pages.dropLast() { try grown.save(page) }
    try grown.core.publish(grown.record)
    #expect(try grown.faults(published: grown.saved) == [])
    try grown.core.finish(grown.record, .gone)
    #expect(try grown.faults(published: grown.saved) == [])
    let found = try ReferenceCore(contentsOf: grown.file.path)
    #expect(found.isExtended && found.segments.count == 70_006)
  }

  @Test(
    "lists a loss once, though refused many times over", arguments: 1...20 as ClosedRange<UInt64>)
  func refusals(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let folder = try ScratchFolder(in: .memory)
    let grown = try GrownCore(.typical(), at: folder.file("core"))
    for page in grown.pages.shuffled(using: &random) {
      switch Int.random(in: 0..<4, using: &random) {
      case 0: try grown.save(page)
      case 1: grown.core.refuse(page.address..<page.address + 4096, .unreadable)
      case 2: grown.core.refuse(page.address..<page.address + 8192, .noRoom)
      default: break
      }
    }
    let lost = grown.core.lost(.gone)
    var position: UInt64 = 0
    for range in lost {
      #expect(range.address >= position && range.length > 0)
      position = range.address + range.length
    }
    let bytes = lost.reduce(0) { $0 + $1.length }
    #expect(bytes == UInt64((grown.pages.count - grown.saved.count) * 4096))
  }

  @Test(
    "left at any moment is brought to its end with the same memory",
    arguments: Kind.all, 1...2 as ClosedRange<UInt64>)
  func unfinished(_ kind: Kind, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let folder = try ScratchFolder(in: .memory)
    let store = try CaptureStore(folder.file("store"))
    for count in [0, 1, 4, 8, 10, 11] {
      let published: Set<GrownCore.Page>
      let name = store.names(for: StoreSamples.record()).unfinished
      let pages: [GrownCore.Page]
      do {
        let grown = try GrownCore(kind.builder, at: name)
        pages = grown.pages
        for page in pages.shuffled(using: &random).prefix(count) { try grown.save(page) }
        published = grown.saved
        try grown.core.publish(grown.record)
        // What came after it is not known to be there.
        if let page = pages.first(where: { !published.contains($0) }) { try grown.save(page) }
        try grown.file.takeName()
      }
      #expect(store.unfinished() == [name])
      let (path, record) = try UnfinishedCore.finish(name, in: store)
      #expect(record.wasInterrupted && !FileTree.exists(name))
      let finished = try ReferenceCore(contentsOf: path)
      #expect(try finished.contradictions() == [])
      #expect(finished.threads.count == 3)
      let builder = kind.builder
      for page in pages {
        let wanted =
          published.contains(page)
          ? builder.segments[page.segment].bytes.map { Array($0[page.range]) } : nil
        let read = try finished.wholeBytes(at: page.address, count: page.range.count)
        #expect(read == wanted, "\(count) pages, \(page)")
      }
      let inspection = try Inspection(of: .file(path))
      #expect(inspection.capture?.wasInterrupted == true)
      #expect(inspection.report.memory.lost == UInt64(4096 * (pages.count - published.count)))
      FileTree.remove(path)
    }
  }
}

extension Range<UInt64> {
  fileprivate var asInts: Range<Int> { Int(lowerBound)..<Int(upperBound) }
}
