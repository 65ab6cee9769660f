import Salvage
import SystemPackage
import TestSupport
import Testing

/// The whole core's backtraces are the oracle for those of the repaired one.
@Suite("a repaired core in gdb", .serialized)
struct RebuildOracleTests {
  /// The cuts: in the heap or a stack, where only some nodes of the link map survive, and before the main stack.
  private static func cuts(of core: ReferenceCore) throws -> [UInt64] {
    let loads = core.loads.filter { $0.fileSize > 0 }.sorted { $0.offset < $1.offset }
    guard let stack = loads.last(where: { $0.fileSize >= 0x20000 }) else { return [] }
    let page: UInt64 = 4096
    let end = stack.offset
    return [
      loads[2].offset + page, loads[loads.count / 2].offset, end - 5 * page, end - page,
      core.dueSize - 2 * page,
    ]
  }

  @Test(
    "names every frame whose stack bytes survived as the whole core does", .needs(.gdb),
    arguments: CrashProgram.allCases)
  func namesFrames(of program: CrashProgram) throws {
    let folder = try ScratchFolder()
    let crash = try program.crash(in: folder)
    let whole = try crash.core.reference
    let oracle = try FrameWalk(GDB(crash.core.path, program: crash.program))
    #expect(oracle.namedFrames > 6)

    for size in Set(try Self.cuts(of: whole)).sorted() {
      let expectation = try CutExpectation(of: whole, cutTo: size)
      let cut = try crash.core.cut(at: size)
      let output = folder.file("out-\(size).core")
      var options = RepairOptions()
      // Once it has moved all of itself, nothing names its file.
      if program == .movedProgram { options.program = crash.program }
      let repair = try Repair(of: cut, options: options)
      try repair.write(to: output)
      let walk = try FrameWalk(GDB(output, program: crash.program))
      // Threads of i386 stand in the vdso, without which nothing tells how to leave it.
      let lost = expectation.lost.filter { $0.flags & 1 != 0 }
        .map { whole.segments[Int($0.header)].memoryRange }
      let due = oracle.due(
        expectation.surviving, threads: Set(expectation.threads.map(\.id)), undecided: lost)
      for (thread, names) in due {
        let found = (walk.threads[thread] ?? []).map(\.name)
        #expect(
          Array(found.prefix(names.count)) == names, "\(program) cut at \(size), thread \(thread)")
      }
      let invented = walk.threads.values.joined().count { $0.programCounter == 0 }
      let known = oracle.threads.values.joined().count { $0.programCounter == 0 }
      #expect(invented <= known, "\(program) cut at \(size)")
      #expect(
        walk.libraries == oracle.libraries,
        "\(program) cut at \(size): \(repair.report.linkMap)")
    }
  }
}
