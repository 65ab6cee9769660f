import Salvage
import TestSupport
import Testing

@testable import CoreIO

@Suite("the stack of a thread whose pointer is not in it")
struct StackPlaceTests {
  private static let guardPage: UInt64 = 0x7fef_f000
  private static let stack: Range<UInt64> = 0x7ff0_0000..<0x7ff0_5000
  private static let other: Range<UInt64> = 0x0100_0000..<0x0100_3000

  /// The main thread has no stack; the second one's registers are as given.
  private static func core(
    _ pointer: UInt64, block: UInt64, frame: UInt64, guardIsDumped: Bool
  ) -> [UInt8] {
    let machine = BuilderMachine.x86_64
    var builder = CoreBuilder.typical(machine, threads: 2)
    var registers = [UInt64](repeating: 0, count: machine.registerCount)
    registers[machine.stackPointer] = pointer
    registers[4] = frame
    registers[21] = block
    let notes = builder.notes.indices.filter { builder.notes[$0].type == ReferenceNote.prstatus }
    builder.notes[notes[1]] = .thread(4243, registers: registers, of: machine)
    let page = [UInt8](repeating: 0, count: 4096)
    builder.segments.insert(
      guardIsDumped
        ? BuilderSegment(at: guardPage, flags: 0, page)
        : BuilderSegment(undumpedAt: guardPage, flags: 0, size: 4096), at: 4)
    return builder.build().bytes
  }

  private static func slim(_ bytes: [UInt8]) throws -> (kept: [Range<UInt64>], unknown: [UInt32]) {
    var options = RepairOptions()
    options.slim = SlimOptions()
    let repair = try Repair(of: MemorySource(bytes), options: options)
    let ranges = try ReferenceCore(RenderedRepair(repair, bytes).bytes).readableRanges
    let kept = [stack, other].flatMap { segment in
      ranges.filter { segment.contains($0.lowerBound) }
    }
    return (kept, try #require(repair.report.slim).unknownStacks)
  }

  private enum Place: CaseIterable {
    case inside, guarded, below, farBelow, belowOther

    var pointer: UInt64 {
      switch self {
      case .inside: stack.lowerBound + 0x1000
      case .guarded: guardPage + 64
      case .below: guardPage - 64
      case .farBelow: guardPage - (2 << 20)
      case .belowOther: other.lowerBound - 64
      }
    }
  }

  @Test(
    "is kept from its lowest byte on where its guard, its control block or its frame pointer tell whose it is, and no other memory is",
    arguments: [false, true])
  func certainty(guardIsDumped: Bool) throws {
    let inStack = Self.stack.lowerBound + 0x4800
    for place in Place.allCases {
      for block in [0, inStack, Self.other.lowerBound + 0x2800] {
        for frame in [0, Self.stack.lowerBound + 0x800] {
          let isHome = block == inStack
          let tells = isHome || frame > 0
          let expected: Range<UInt64>? =
            switch place {
            case .inside: Self.stack.lowerBound + 0x1000 - 128..<Self.stack.upperBound
            case .guarded: Self.stack
            case .below: tells || block == 0 ? Self.stack : nil
            case .farBelow: tells ? Self.stack : nil
            // There the memory above is where its control block is, or a pointer leads to its own stack from anywhere.
            case .belowOther:
              block > 0 && !isHome ? Self.other : isHome && frame > 0 ? Self.stack : nil
            }
          let words = "\(place), block 0x\(hexadecimal(block)), frame 0x\(hexadecimal(frame))"
          let bytes = Self.core(
            place.pointer, block: block, frame: frame, guardIsDumped: guardIsDumped)
          let (kept, unknown) = try Self.slim(bytes)
          #expect(kept == (expected.map { [$0] } ?? []), "\(words)")
          #expect(unknown == (expected == nil ? [4243] : []), "\(words)")
          let state = try Inspection(of: MemorySource(bytes), Surroundings()).threads[1].stack
          #expect((state?.verdict == .absent) == (expected == nil), "\(words)")
          #expect(
            (state?.remark?.contains("overflowed") ?? false)
              == (expected != nil && place != .inside),
            "\(words)")
        }
      }
    }
  }

  @Test("is kept of those that share a segment where a thread ran into the one below")
  func shared() throws {
    let machine = BuilderMachine.x86_64
    var builder = CoreBuilder.typical(machine, threads: 3)
    let notes = builder.notes.indices.filter { builder.notes[$0].type == ReferenceNote.prstatus }
    // The lower stack ends at 0x2000, the upper one at 0x5000; the upper one's pointer is below the lower one's control block.
    let base = Self.stack.lowerBound
    for (note, offsets) in zip(notes.dropFirst(), [(0x1400, 0x1f00), (0x1800, 0x4f00)]) {
      var registers = [UInt64](repeating: 0, count: machine.registerCount)
      registers[machine.stackPointer] = base + UInt64(offsets.0)
      registers[21] = base + UInt64(offsets.1)
      let id: Int32 = note == notes[1] ? 4243 : 4244
      builder.notes[note] = .thread(id, registers: registers, of: machine)
    }
    let (kept, unknown) = try Self.slim(builder.build().bytes)
    #expect(kept == [base + 0x1400 - 128..<Self.stack.upperBound])
    #expect(unknown.isEmpty)
  }

  @Test("is not guessed: that nothing is known of it is said")
  func words() throws {
    let bytes = Self.core(
      Place.belowOther.pointer, block: 0, frame: 0, guardIsDumped: false)
    var options = RepairOptions()
    options.slim = SlimOptions()
    let report = try Repair(of: MemorySource(bytes), options: options).report
    #expect(
      "\(report)".contains(
        "unknown   where the stack of thread 4243 is: the stack pointer leads to no memory"),
      "\(report)")
  }
}
