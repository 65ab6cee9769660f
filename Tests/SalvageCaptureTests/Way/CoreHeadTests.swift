import CoreIO
import CoreModel
import ELFCore
import SystemPackage
import TestSupport
import Testing

@testable import SalvageCapture

@Suite("The head of the kernel's stream")
struct CoreHeadTests {
  /// How it was read: nil for well.
  private static func failure(
    _ bytes: some Collection<UInt8>, in folder: ScratchFolder
  ) throws -> CoreHead.Failure? {
    do {
      _ = try KernelStream.head(bytes, into: CaptureFile(folder.file("core")))
      return nil
    } catch let failure as CoreHead.Failure {
      return failure
    } catch is SalvageError {
      return .foreign
    }
  }

  @Test("is read to its end and no further", arguments: BuilderMachine.all)
  func whole(_ machine: BuilderMachine) throws {
    let folder = try ScratchFolder(in: .memory)
    for isExtended in [false, true] {
      var builder = CoreBuilder.typical(machine)
      builder.usesExtendedNumbering = isExtended
      let built = builder.build()
      let file = try CaptureFile(folder.file("core"))
      let channel = try KernelStream.channel(built.bytes)
      let head = try CoreHead(
        HeadStart(channel, patience: 1000), channel, into: file, named: "stream", patience: 1000)
      #expect(head.size == UInt64(built.notesRange.upperBound))
      #expect(head.process.threads.count == 3)
      #expect(head.structure.programHeaders.count == builder.segments.count + 1)
      #expect(head.structure.sizeDue == UInt64(built.bytes.count))
      try file.takeName(folder.file("core"))
      let written = try ReferenceSource.contents(of: folder.file("core"))
      #expect(written == built.cut(to: built.notesRange.upperBound))
      FileTree.remove(folder.file("core"))
      let next = channel.bytes(16, patience: 1000)
      #expect(next == Array(built.bytes[built.notesRange.upperBound...].prefix(16)))
    }
  }

  @Test(
    "cut before a thread came is cut",
    arguments: [BuilderMachine.x86_64, .i386, .s390x, .ppc])
  func cut(_ machine: BuilderMachine) throws {
    let folder = try ScratchFolder(in: .memory)
    let built = CoreBuilder.typical(machine, threads: 1).build()
    for size in 0..<built.notesRange.lowerBound + 128 {
      let failure = try Self.failure(built.bytes[..<size], in: folder)
      #expect(failure == .cut, "cut to \(size)")
    }
    #expect(try Self.failure(built.bytes[..<built.notesRange.upperBound], in: folder) == nil)
  }

  @Test(
    "cut in its notes keeps the whole ones, and shows the other threads as /proc did",
    arguments: [BuilderMachine.x86_64, .i386, .aarch64])
  func mended(_ machine: BuilderMachine) throws {
    let folder = try ScratchFolder(in: .memory)
    let built = CoreBuilder.typical(machine, threads: 4).build()
    let whole = try KernelStream.head(built.bytes, into: CaptureFile(folder.file("whole")))
    #expect(whole.threadsStoodIn == nil)
    let due = whole.process.threads
    let standIn = StandIn(
      threads: due.enumerated().map { number, thread in
        StandIn.Thread(
          id: thread.id, programCounter: thread.programCounter ?? 0,
          stackPointer: thread.stackPointer ?? 0, isDumper: number == 0)
      }, auxiliaryVector: [UInt8](repeating: 0, count: 32))
    var counts: Set<Int> = []
    for size in built.notesRange.lowerBound + 1..<built.notesRange.upperBound {
      let file = try CaptureFile(folder.file("core"))
      let channel = try KernelStream.channel(built.bytes[..<size])
      let head = try CoreHead(
        HeadStart(channel, patience: 1000), channel, into: file, named: "stream", patience: 1000,
        standIn: { standIn })
      let count = try #require(head.threadsStoodIn)
      counts.insert(count)
      // The crashing thread stays the first, and those that came are as they came.
      let threads = head.process.threads
      #expect(threads.prefix(4 - count) == due.prefix(4 - count), "cut to \(size)")
      #expect(threads.map(\.id) == due.map(\.id), "cut to \(size)")
      #expect(threads.map(\.stackPointer) == due.map(\.stackPointer), "cut to \(size)")
      #expect(threads.map(\.programCounter) == due.map(\.programCounter), "cut to \(size)")
      #expect(threads.suffix(count).allSatisfy { !$0.isInSystemCall })
      // Nothing but the notes' size changed of the table, and the notes end where it says.
      #expect(
        head.structure.programHeaders.dropFirst() == whole.structure.programHeaders.dropFirst())
      #expect(!head.structure.notesAreCut && head.structure.damagedNotes.isEmpty, "cut to \(size)")
      let core = try GrowingCore(file, head.structure, threads: 4, noteRoom: 64 << 10)
      try core.publish(StoreSamples.record())
    }
    #expect(counts == [1, 2, 3, 4])
  }

  @Test("of another writer is foreign, and so is one whose memory is not laid out by a kernel")
  func foreign() throws {
    let folder = try ScratchFolder(in: .memory)
    let gcore = CoreBuilder.typical(layout: .gcore).build().bytes
    #expect(try Self.failure(gcore, in: folder) == .foreign)
    let built = CoreBuilder.typical().build()
    /// The third PT_LOAD's entry: type, flags, offset, address, physical address, sizes.
    let entry = built.tableRange.lowerBound + 3 * 56
    let hostile: [(place: Int, value: UInt64, size: Int)] = [
      (16, 2, 2), (32, 1 << 40, 8), (32, 0, 8), (32, .max, 8), (54, 1, 2),
      (64, 1, 4), (64 + 8, 0, 8), (64 + 8, .max, 8), (64 + 32, .max, 8), (64 + 32, 1 << 40, 8),
      (entry + 8, 0, 8), (entry + 8, 1 << 62, 8), (entry + 8, .max, 8), (entry + 16, .max, 8),
      (entry + 32, .max, 8), (entry + 32, 1 << 63, 8), (entry + 40, 1, 8),
    ]
    for (place, value, size) in hostile {
      var bytes = built.bytes
      for index in 0..<size {
        bytes[place + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
      }
      let failure = try Self.failure(bytes, in: folder)
      #expect(failure != nil, "\(value) at \(place)")
    }
    #expect(try Self.failure([UInt8](repeating: 7, count: 4096), in: folder) == .foreign)
  }

  @Test("never traps, damaged anywhere", arguments: 1...4 as ClosedRange<UInt64>)
  func damaged(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let folder = try ScratchFolder(in: .memory)
    let built = CoreBuilder.typical([.x86_64, .i386, .s390x, .ppc][Int(seed % 4)]).build()
    for round in 0..<150 {
      var bytes = built.bytes
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<built.tableRange.upperBound / 4, using: &random) * 4
        let value = [UInt32.max, 0, 1 << 31, 4096, UInt32(truncatingIfNeeded: random.next())][
          Int(random.next() % 5)]
        for index in 0..<4 {
          bytes[place + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
        }
      }
      let file = try CaptureFile(folder.file("core"))
      do {
        let head = try KernelStream.head(bytes, into: file)
        // What passes must be fit to grow, or say so.
        let core = try GrowingCore(file, head.structure, threads: 3, noteRoom: 64 << 10)
        try core.publish(StoreSamples.record())
        try core.finish(StoreSamples.record(), .gone)
        #expect(core.lost(.gone).allSatisfy { $0.length > 0 })
      } catch is CoreHead.Failure {
      } catch let error as SalvageError {
        #expect(!error.description.isEmpty, "round \(round)")
      }
    }
  }
}
