import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import CoreIO
@testable import Salvage

@Suite("Inspect: which stacks survive")
struct InspectStackTests {
  struct Frame: Hashable {
    var pc: UInt64
    /// Its stack pointer, which is the end of what unwinding to it has read.
    var sp: UInt64
  }

  /// Each thread's frames, from the innermost out.
  static func frames(_ core: FilePath, program: FilePath) throws -> [UInt32: [Frame]] {
    let gdb = GDB(core, program: program)
    let result = try gdb.run(commands: [
      "thread apply all frame apply all -q printf \"@@%lx %lx\\n\", (unsigned long)$pc, (unsigned long)$sp"
    ])
    var frames: [UInt32: [Frame]] = [:]
    var thread: UInt32?
    for line in result.text.split(separator: "\n") {
      if line.hasPrefix("Thread "), let mark = line.firstRange(of: "LWP ") {
        thread = UInt32(line[mark.upperBound...].prefix { $0.isNumber })
        if let thread { frames[thread] = [] }
      }
      guard line.hasPrefix("@@"), let thread else { continue }
      let words = line.dropFirst(2).split(separator: " ")
      guard words.count == 2, let pc = UInt64(words[0], radix: 16),
        let sp = UInt64(words[1], radix: 16)
      else { continue }
      frames[thread, default: []].append(Frame(pc: pc, sp: sp))
    }
    return frames
  }

  @Test(
    "gdb reaches a frame in the repaired core exactly when we say that the stack survives to it",
    .needs(.gdb))
  func agreesWithGDB() throws {
    let folder = try ScratchFolder()
    let whole = try SampleCores.fixture("clock-static.whole.core", into: folder)
    let program = try Self.program(in: folder)
    let expected = try Self.frames(whole, program: program)
    #expect(expected.count == 3)
    let core = try ReferenceCore(contentsOf: whole)
    for end in Self.cuts(expected, core) {
      let cut = folder.file("cut.core")
      try SparseCopy.copy(whole, to: cut)
      #expect(truncate(cut.string, Int(end)) == 0)
      var options = RepairOptions()
      options.force = true
      let repaired = folder.file("repaired.core")
      try Repair(of: cut, options: options).write(to: repaired)
      let reached = try Self.frames(repaired, program: program)
      for thread in try Inspection(of: cut).threads {
        let frames = expected[thread.id] ?? []
        let stack = try #require(thread.stack)
        // Frame 0 needs no memory; each outer one is read from below its stack pointer.
        let deepest = frames.lastIndex { $0.sp <= stack.survivesTo } ?? 0
        let same = zip(frames, reached[thread.id] ?? []).prefix { $0 == $1 }.count
        #expect(same == max(deepest, 0) + 1, "cut at \(end), thread \(thread.id), \(stack)")
        let isWhole = same == frames.count
        #expect(stack.verdict != .whole || isWhole)
        #expect(stack.verdict != .lost || same == 1)
      }
    }
  }

  /// Places in the file right below and above where gdb needs a byte, in every stack.
  static func cuts(_ frames: [UInt32: [Frame]], _ core: ReferenceCore) -> [UInt64] {
    var cuts: Set<UInt64> = []
    for frame in frames.values.joined() {
      guard
        let segment = core.loads.first(where: {
          frame.sp >= $0.address && frame.sp - $0.address < $0.fileSize
        })
      else { continue }
      let offset = segment.fileRange.lowerBound + (frame.sp - segment.address)
      cuts.formUnion([offset - 1, offset])
    }
    return cuts.sorted()
  }

  static func program(in folder: ScratchFolder) throws -> FilePath {
    _ = try folder.makeFolder("bin")
    let program = try SampleCores.fixture("bin/clock-static", into: folder)
    chmod(program.string, 0o755)
    return program
  }

  @Test("a stack pointer outside all segments is told, and its stack is called absent, not lost")
  func pointerOutside() throws {
    let machine = BuilderMachine.x86_64
    var builder = CoreBuilder.typical(machine, threads: 1)
    var registers = [UInt64](repeating: 0, count: machine.registerCount)
    registers[machine.stackPointer] = 0x1234_0000_0000
    builder.notes[0] = .thread(4242, registers: registers, of: machine)
    let source = MemorySource(builder.build().bytes)
    let inspection = try Inspection(of: source, Surroundings())
    #expect(inspection.threads[0].stack?.verdict == .absent)
    #expect(inspection.findings.contains { $0.text.contains("outside all segments") })
    #expect(inspection.isWhole)
  }

  @Test(
    "a thread at pc 0 and sp 0 is told to look like a worker of the kernel's",
    arguments: [false, true])
  func kernelWorker(isAtZero: Bool) throws {
    let machine = BuilderMachine.x86_64
    var builder = CoreBuilder.typical(machine, threads: 1)
    var registers = [UInt64](repeating: 0, count: machine.registerCount)
    registers[machine.programCounter] = isAtZero ? 0 : 0x1000
    builder.notes[0] = .thread(4242, registers: registers, of: machine)
    let inspection = try Inspection(of: MemorySource(builder.build().bytes), Surroundings())
    #expect(inspection.threads[0].stack?.verdict == .absent)
    #expect(inspection.findings.contains { $0.text.contains("io_uring") } == isAtZero)
  }

  @Test("of a stack that overflowed, what lies above the guard page counts")
  func overflow() throws {
    let machine = BuilderMachine.x86_64
    var builder = CoreBuilder.typical(machine, threads: 1)
    var registers = [UInt64](repeating: 0, count: machine.registerCount)
    registers[machine.stackPointer] = 0x7ff0_0000 - 64
    builder.notes[0] = .thread(4242, registers: registers, of: machine)
    builder.segments.insert(
      BuilderSegment(undumpedAt: 0x7ff0_0000 - 4096, flags: 0, size: 4096), at: 4)
    let stack = try #require(
      try Inspection(of: MemorySource(builder.build().bytes), Surroundings()).threads[0].stack)
    #expect(stack.verdict == .whole)
    #expect(stack.start == 0x7ff0_0000)
    #expect(stack.remark != nil)
  }
}
