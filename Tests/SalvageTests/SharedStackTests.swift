import SystemPackage
import TestSupport
import Testing

@testable import CoreIO
@testable import Salvage

/// Since glibc 2.42 the stacks of many threads are one segment, and their guards are in it.
@Suite("stacks that share a segment")
struct SharedStackTests {
  private struct Crash {
    let folder: ScratchFolder
    let core: KernelCore

    init(_ arguments: [String] = []) throws {
      try Need.require(.kernelCores, .gcc, .guardRegions)
      folder = try ScratchFolder(in: .memory)
      let program = try CrashProgram.compile(["neighbours.c"], to: "program", in: folder)
      core = try KernelCores.dump(KernelCores.Request(program, arguments), in: folder)
    }

    /// The segment that most stack pointers are in.
    func stacks(_ whole: ReferenceCore) throws -> ReferenceSegment {
      let inspection = try Inspection(of: core.path)
      return try #require(
        whole.loads.first { load in
          inspection.threads.count {
            $0.stackPointer.map(load.readableRange.contains) ?? false
          } == 5
        })
    }
  }

  @Test(
    "survive to where gdb reaches frames in the repaired core, and not to the segment's end",
    .needs(.gdb))
  func agreesWithGDB() throws {
    let crash = try Crash()
    let core = crash.core
    let expected = try InspectStackTests.frames(core.path, program: core.program)
    #expect(expected.count == 6)
    let whole = try core.reference
    let stacks = try crash.stacks(whole)
    let cuts = InspectStackTests.cuts(expected, whole).filter(stacks.fileRange.contains)
    #expect(cuts.count > 100)
    var verdicts: [StackState.Verdict: Int] = [:]
    for end in cuts.enumerated().filter({ $0.offset % 9 < 2 }).map(\.element) {
      let cut = try core.cut(at: end)
      let repaired = crash.folder.file("repaired.core")
      var options = RepairOptions()
      options.force = true
      try Repair(of: cut, options: options).write(to: repaired)
      let reached = try InspectStackTests.frames(repaired, program: core.program)
      for thread in try Inspection(of: cut).threads {
        let frames = expected[thread.id] ?? []
        let stack = try #require(thread.stack)
        verdicts[stack.verdict, default: 0] += 1
        let deepest = frames.lastIndex { $0.sp <= stack.survivesTo } ?? 0
        let same = zip(frames, reached[thread.id] ?? []).prefix { $0 == $1 }.count
        #expect(same == deepest + 1, "cut at \(end), thread \(thread.id), \(stack)")
        #expect(stack.verdict != .whole || same == frames.count)
        #expect(stack.verdict != .lost || same == 1)
        #expect(stack.size <= 128 << 10 || stack.verdict == .lost, "\(stack)")
      }
      FileTree.remove(cut)
    }
    #expect(verdicts.keys.count == 3, "\(verdicts)")
  }

  @Test("are named in what is lost by those threads alone whose stack it was")
  func names() throws {
    let crash = try Crash()
    let whole = try crash.core.reference
    let stacks = try crash.stacks(whole)
    let threads = try Inspection(of: crash.core.path).threads.compactMap { thread in
      thread.stackPointer.map { (id: thread.id, pointer: $0) }
    }.filter { stacks.readableRange.contains($0.pointer) }.sorted { $0.pointer < $1.pointer }
    for (index, thread) in threads.enumerated() {
      // From right below its pointer on, and of each only a word at the pointer.
      let offset = stacks.offset + (thread.pointer - stacks.address)
      let rest = try Repair(of: crash.core.cut(at: offset)).report.description
      let lost = threads[index...].map(\.id)
      for other in threads where lost.count <= 3 {
        let name = "the stack of thread \(other.id)"
        #expect(rest.contains(name) == lost.contains(other.id), "\(name) in \(rest)")
      }
      if lost.count > 3 { #expect(rest.contains("stacks of \(lost.count) threads,")) }
      var options = RepairOptions()
      options.intake.lostRanges = [offset..<offset + 8]
      let word = try Repair(of: crash.core.path, options: options).report.description
      #expect(word.contains("lost      the stack of thread \(thread.id), 8 bytes"), "\(word)")
      // Where no stack is in use, none is named.
      options.intake.lostRanges = [offset - 8192..<offset - 4096]
      let unused = try Repair(of: crash.core.path, options: options).report.description
      #expect(unused.contains("lost      unused memory of thread stacks, 4.0 kB"), "\(unused)")
    }
  }

  @Test("one that is full is said to be, by the address of the fault, and no other")
  func overflow() throws {
    let crash = try Crash(["full"])
    let inspection = try Inspection(of: crash.core.path)
    let crasher = try #require(inspection.threads.first)
    let words =
      "The stack of thread \(crasher.id): it is full: the address of the fault is in its guard page."
    #expect(inspection.findings.map(\.text) == [words])
    #expect(inspection.threads.allSatisfy { $0.stack?.verdict == .whole })
    let other = try Crash()
    let plain = try Inspection(of: other.core.path)
    #expect(plain.findings.isEmpty)
  }

  @Test(
    "one that overflowed into a guard which is a mapping is said to be full too, or to have overflowed where a handler had no room",
    arguments: [false, true])
  func mappedGuard(hasHandler: Bool) throws {
    try Need.require(.kernelCores, .gcc)
    let folder = try ScratchFolder()
    let source = """
      #include <pthread.h>
      #include <signal.h>
      static void handle(int number) { signal(number, SIG_DFL); }
      __attribute__((noinline)) int fill(int depth) {
        volatile char room[100];
        room[0] = (char)depth;
        return fill(depth + 1) + room[0];
      }
      static void *work(void *unused) { return fill(0), unused; }
      int main(void) {
        pthread_attr_t attributes;
        pthread_t thread;
        if (\(hasHandler ? 1 : 0)) signal(SIGSEGV, handle);
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, 64 << 10);
        return pthread_create(&thread, &attributes, work, 0) || pthread_join(thread, 0);
      }
      """
    let program = try KernelCores.compile(
      source, named: "full", flags: ["-g", "-O0", "-pthread"], in: folder)
    let core = try KernelCores.dump(KernelCores.Request(program), in: folder)
    let inspection = try Inspection(of: core.path)
    #expect(
      inspection.findings.contains {
        $0.text.hasSuffix(
          hasHandler
            ? "the stack pointer is below the stack: it overflowed."
            : "it is full: the address of the fault is in its guard page.")
      }, "\(inspection.findings)")
  }

  /// Three threads of x86-64 whose stacks share a segment of five pages, each with its control block at its stack's end.
  private static func built(zeroed: Range<Int>? = nil) -> [UInt8] {
    let machine = BuilderMachine.x86_64
    var builder = CoreBuilder.typical(machine, threads: 3)
    var bytes = builder.segments[4].bytes ?? []
    let base: UInt64 = 0x7ff0_0000
    let ends = [0x2000, 0x3000, 0x5000]
    let notes = builder.notes.indices.filter { builder.notes[$0].type == ReferenceNote.prstatus }
    for (index, note) in notes.enumerated() {
      var registers = [UInt64](repeating: 0, count: machine.registerCount)
      registers[machine.stackPointer] = base + UInt64(ends[index]) - 0xc00
      registers[21] = base + UInt64(ends[index]) - 0x940
      builder.notes[note] = .thread(Int32(4242 + index), registers: registers, of: machine)
    }
    if let zeroed { for index in zeroed { bytes[index] = 0 } }
    builder.segments[4] = BuilderSegment(at: base, bytes)
    return builder.build().bytes
  }

  @Test("one that reads as zeros to its own end is lost, though those above it are not")
  func zeros() throws {
    func verdicts(_ bytes: [UInt8]) throws -> [StackState.Verdict?] {
      try Inspection(of: MemorySource(bytes), Surroundings()).threads.map { $0.stack?.verdict }
    }
    #expect(try verdicts(Self.built()) == [.whole, .whole, .whole])
    #expect(try verdicts(Self.built(zeroed: 0x2000..<0x3000)) == [.whole, .lost, .whole])
    #expect(try verdicts(Self.built(zeroed: 0x1000..<0x2000)) == [.lost, .whole, .whole])
  }
}
