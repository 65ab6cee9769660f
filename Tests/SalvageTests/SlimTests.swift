import CoreIO
import CoreModel
import Glibc
import Salvage
import SystemPackage
import TestSupport
import Testing

@Suite("a slim core", .needs(.gdb))
struct SlimTests {
  private static func slim(
    _ core: FilePath, to output: FilePath, _ change: (inout SlimOptions) -> Void = { _ in }
  ) throws -> Repair.Written {
    var options = RepairOptions()
    options.extend = .none
    options.force = true
    var slim = SlimOptions()
    change(&slim)
    options.slim = slim
    return try Repair(of: core, options: options).write(to: output)
  }

  @Test(
    "has every frame and every library of the whole core in gdb",
    arguments: [
      CrashProgram.threads, .fixedPlace, .staticProgram, .staticPlugins, .startedByName, .i386,
      .exception,
      .plugins,
      .prelinked, .namespaces, .python,
    ])
  func frames(_ program: CrashProgram) throws {
    let folder = try ScratchFolder()
    let crash = try program.crash(in: folder)
    let output = folder.file("slim.core")
    let written = try Self.slim(crash.core.path, to: output)
    let whole = try FrameWalk(GDB(crash.core.path, program: crash.program))
    let slim = try FrameWalk(GDB(output, program: crash.program))
    #expect(slim.threads == whole.threads)
    #expect(slim.libraries == whole.libraries)
    #expect(!written.report.isCopied)
    #expect(whole.namedFrames > 1)
    let size = try #require(written.report.slim?.size)
    #expect(size < 1 << 20)
    #expect(try FileTree.status(output).st_size == Int(size))
  }

  @Test(
    "has every frame of the whole core in other debuggers", .needs(.tool("lldb-19")),
    arguments: ["eu-stack", "lldb-19"],
    [CrashProgram.threads, .staticProgram, .exception, .plugins, .namespaces, .python])
  func otherDebuggers(_ tool: String, _ program: CrashProgram) throws {
    try Need.tool(tool).require()
    let folder = try ScratchFolder()
    let crash = try program.crash(in: folder)
    let output = folder.file("slim.core")
    _ = try Self.slim(crash.core.path, to: output)
    let whole = try RebuildToolTests.names(tool, crash.core.path, crash.program)
    #expect(try RebuildToolTests.names(tool, output, crash.program) == whole)
    #expect(whole.count > 1)
  }

  @Test("shows no byte that the whole core hasn't, and none where it left one out")
  func bytes() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.plugins.crash(in: folder)
    let output = folder.file("slim.core")
    let written = try Self.slim(crash.core.path, to: output)
    let slim = try ReferenceCore(contentsOf: output)
    let comparison = try MemoryComparison(crash.core.reference, slim)
    #expect(comparison.different.isEmpty && comparison.onlyInSecond.isEmpty, "\(comparison)")
    let summary = try #require(written.report.slim)
    #expect(comparison.equalBytes == summary.memory.survived)
    let left = comparison.onlyInFirst.total { $0.upperBound - $0.lowerBound }
    #expect(left == summary.leftOut.total(\.size))
    // What is listed as left out is what is missing, all of it, and for no other cause.
    let listed = try #require(try slim.lost()).memory
    #expect(listed.allSatisfy { $0.cause == 10 })
    #expect(listed.total(\.length) == left)
  }

  @Test("is whole to those who look at it, and says that it is slim")
  func verdict() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.threads.crash(in: folder)
    let output = folder.file("slim.core")
    _ = try Self.slim(crash.core.path, to: output)
    let report = try Repair(of: output).report
    #expect(report.isWhole && report.isSlim && !report.isRepaired)
    #expect(report.verdict.reasons.map(\.kind) == [.slim])
    #expect(try Inspection(of: output).findings.isEmpty)
    let record = try RepairRecord(of: output)
    #expect(record.isSlim && !record.isDamaged && record.origins.count == 1)
    #expect(record.origins.first?.contains("\"keep\":[\"stacks\"]") == true, "\(record.origins)")
    let error = #expect(throws: SalvageError.self) { try Undo(output) }
    #expect(
      error.map { "\($0)".contains("is a slim core") } == true, "\(String(describing: error))")
  }

  @Test("of a whole core with the memory of its files is none that was repaired")
  func withFiles() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.threads.crash(in: folder)
    let output = folder.file("slim.core")
    var options = RepairOptions()
    options.slim = SlimOptions()
    options.withFiles = .all
    let written = try Repair(of: crash.core.path, options: options).write(to: output)
    #expect(written.report.completion == .added)
    let report = try Repair(of: output).report
    #expect(report.isWhole && report.isSlim && report.isCompleted)
    let words = report.description
    #expect(
      words.contains("slim: what was kept of it is whole, with memory of its files"), "\(words)")
    #expect(!words.contains("repaired"), "\(words)")
    #expect(try Inspection(of: output).isWhole)
    // Of a cut one it is.
    let cut = try crash.core.cut(at: try crash.core.size - 8192)
    options.force = true
    try Repair(of: cut, options: options).write(to: output)
    #expect(try !Repair(of: output).report.isCompleted)
  }

  @Test(
    "of a cut core has the frames of the repaired one, and tells what was lost from what was left out"
  )
  func cut() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.plugins.crash(in: folder)
    let whole = try crash.core.reference
    let loads = whole.loads.filter { $0.fileSize > 0 }
    let stack = try #require(loads.last { $0.fileSize >= 0x20000 })
    let cut = try crash.core.cut(at: stack.offset - 8 * 4096)
    let (repaired, slim) = (folder.file("repaired.core"), folder.file("slim.core"))
    try Repair(of: cut).write(to: repaired)
    _ = try Self.slim(cut, to: slim)
    let wanted = try FrameWalk(GDB(repaired, program: crash.program))
    let found = try FrameWalk(GDB(slim, program: crash.program))
    #expect(found.threads == wanted.threads && found.libraries == wanted.libraries)
    let report = try Repair(of: slim).report
    #expect(report.isSlim)
    let causes = Set(try RepairRecord(of: slim).lost.map(\.cause))
    #expect(causes == [.pastEnd, .notKept])
    let comparison = try MemoryComparison(
      ReferenceCore(contentsOf: repaired), ReferenceCore(contentsOf: slim))
    #expect(comparison.different.isEmpty && comparison.onlyInSecond.isEmpty, "\(comparison)")
  }

  @Test(
    "has none of the secrets that are left out, and those that are kept on request",
    .needs(.kernelCores, .gcc))
  func secrets() throws {
    let folder = try ScratchFolder()
    let source = """
      #include <pthread.h>
      #include <signal.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      #include <sys/mman.h>
      char global[64], *heap, *map;
      static void mark(char *to, const char *what) { sprintf(to, "%s-%s", "MARK", what); }
      static void deep(void) {
        volatile char stack[64]; mark((char *)stack, "stack"); __builtin_trap();
      }
      int main(void) {
        mark(global, "global");
        mark(heap = malloc(1000), "heap");
        map = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        mark(map + 5000, "anonymous");
        deep();
      }
      """
    let path = try folder.write(Array(source.utf8), to: "secrets.c")
    let program = folder.file("secrets")
    try Tool("gcc", ["-O0", "-o", program.string, path.string]).runSuccessfully()
    // By a short path from the dump's folder: the note keeps 80 bytes of the command line.
    let request = KernelCores.Request(
      "/usr/bin/env", ["SECRET=MARK-environment", "../secrets", "MARK-argument"])
    let core = try KernelCores.dump(request, in: folder)
    func found(_ file: FilePath) throws -> Set<String> {
      let text = try Tool("grep", ["-aoE", "MARK-[a-z]+", file.string]).run().text
      return Set(text.split(separator: "\n").map { String($0.dropFirst(5)) })
    }
    let all: Set = ["global", "heap", "anonymous", "stack", "argument", "environment"]
    // Values are read before they are expected: of an expression that can throw a failure shows none.
    let whole = try found(core.path)
    #expect(whole == all)
    let output = folder.file("slim.core")
    // The command line is in a note, which stays.
    let stays: Set = ["stack", "argument"]
    func slim(_ change: (inout SlimOptions) -> Void) throws -> Set<String> {
      _ = try Self.slim(core.path, to: output, change)
      return try found(output)
    }
    let plain = try slim { _ in }
    #expect(plain == stays)
    let kinds: [(SlimOptions.Kind, Set<String>)] = [
      (.heap, ["heap"]), (.globals, ["global"]), (.anonymous, ["anonymous"]),
      (.environment, ["environment"]),
    ]
    for (kind, words) in kinds {
      let more = try slim { $0.kinds.insert(kind) }
      #expect(more == stays.union(words), "\(kind)")
    }
    let least = try slim { $0.kinds = [] }
    #expect(least == ["argument"])
    let most = try slim { $0.kinds = Set(SlimOptions.Kind.allCases) }
    #expect(most == all)
  }

  @Test("with pointers followed has what they lead to, and is no longer than was asked for")
  func limits() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.python.crash(in: folder)
    let output = folder.file("slim.core")
    var last: UInt64 = 0
    for most in [400_000, 1_000_000, 2_000_000] as [UInt64] {
      let written = try Self.slim(crash.core.path, to: output) {
        $0.mostBytes = most
        $0.depth = 8
      }
      let summary = try #require(written.report.slim)
      #expect(summary.size <= most && summary.size > last)
      #expect(UInt64(try FileTree.status(output).st_size) == summary.size)
      last = summary.size
    }
    #expect(last > 1_500_000)
    #expect(throws: SalvageError.self) {
      _ = try Self.slim(crash.core.path, to: output) { $0.mostBytes = 5000 }
    }
  }

  @Test("is never made in place: the input stays as it is")
  func inPlace() throws {
    let folder = try ScratchFolder()
    let core = try folder.write(CoreBuilder.typical().build().cut(to: 20_000), to: "in.core")
    let before = try ReferenceSource.contents(of: core)
    var options = RepairOptions()
    options.slim = SlimOptions()
    #expect(throws: SalvageError.self) { try Repair.inPlace(core, options: options) }
    #expect(try ReferenceSource.contents(of: core) == before)
  }

  @Test("comes of a core that was cut anywhere in its notes, or lacks its list of files")
  func cutNotes() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.threads.crash(in: folder)
    let whole = try crash.core.reference
    let notes = try #require(whole.noteSegments.first)
    let output = folder.file("slim.core")
    var made = 0
    for size in stride(from: notes.offset, to: notes.offset + notes.fileSize, by: 44) {
      let cut = try crash.core.cut(at: size, in: folder)
      do {
        _ = try Self.slim(cut, to: output) { $0.kinds.insert(.environment) }
        made += 1
      } catch is SalvageError {}
    }
    #expect(made > 10)
    var builder = CoreBuilder.typical()
    builder.notes.removeAll { $0.type == ReferenceNote.file }
    let undumped = try #require(builder.segments.first { $0.bytes == nil })
    let machine = builder.machine
    for address in [undumped.address, undumped.address + 5000, undumped.address &- 1] {
      var registers = [UInt64](repeating: 0, count: machine.registerCount)
      registers[machine.programCounter] = address
      builder.notes[0] = .thread(4242, registers: registers, of: machine)
      let path = try folder.write(builder.build().bytes, to: "in.core")
      #expect(try Self.slim(path, to: output).report.slim != nil)
    }
  }

  @Test("says which of the ranges that were named the dump has no memory in")
  func rangesOfNothing() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.threads.crash(in: folder)
    let segment = try #require(crash.core.reference.loads.first { $0.fileSize > 0 })
    let size = try crash.core.size
    for size in [size, size - 4096] {
      let written = try Self.slim(
        crash.core.cut(at: size, in: folder), to: folder.file("slim.core")
      ) {
        $0.droppedRanges = [segment.address..<segment.address + 8, 0x10..<0x20]
        $0.keptRanges = [0x30..<0x31]
      }
      #expect(written.report.withoutEffect == ["--keep-range 0x30:0x1", "--drop-range 0x10:0x10"])
    }
  }

  @Test("keeps and drops addresses as it is told")
  func ranges() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.threads.crash(in: folder)
    let whole = try crash.core.reference
    let heap = try #require(
      whole.loads.filter { $0.flags & 2 != 0 }.max { $0.fileSize < $1.fileSize })
    let output = folder.file("slim.core")
    let wanted = heap.address + 64..<heap.address + 4096
    _ = try Self.slim(crash.core.path, to: output) {
      $0.kinds = []
      $0.keptRanges = [wanted]
      $0.droppedRanges = [wanted.lowerBound + 100..<wanted.lowerBound + 200]
    }
    let slim = try ReferenceCore(contentsOf: output)
    #expect(slim.readableRanges.contains(wanted.lowerBound..<wanted.lowerBound + 100))
    #expect(slim.readableRanges.contains(wanted.lowerBound + 200..<wanted.upperBound))
  }

  @Test(
    "of a core that came through a pipe has the same memory, and one that goes into a pipe or an archive is the same",
    .needs(.tool("lz4")))
  func streams() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.threads.crash(in: folder)
    let output = folder.file("slim.core")
    _ = try Self.slim(crash.core.path, to: output)
    let wanted = try ReferenceSource.contents(of: output)
    let command = Tool.coresalvage().program
    let script = """
      cat '\(crash.core.path)' | "$0" slim -q - '\(folder.file("a.core"))' &&
      "$0" slim -q '\(crash.core.path)' - >'\(folder.file("b.core"))' &&
      "$0" archive -q --slim '\(crash.core.path)' '\(folder.file("c.core.lz4"))' &&
      lz4 -dq '\(folder.file("c.core.lz4"))' '\(folder.file("c.core"))' &&
      tail -n +2 '\(folder.file("c.core.lz4"))' | grep -aq '^"slim":{"keep":."stacks"'
      """
    try Tool("sh", ["-c", script, command]).runSuccessfully()
    // A pipe doesn't tell how old the core is.
    let piped = try MemoryComparison(
      ReferenceCore(contentsOf: folder.file("a.core")), ReferenceCore(contentsOf: output))
    #expect(piped.isEqual, "\(piped)")
    #expect(try ReferenceSource.contents(of: folder.file("b.core")) == wanted)
    #expect(try ReferenceSource.contents(of: folder.file("c.core")) == wanted)
  }

  @Test("can be made of one that is slim, and of a repaired one")
  func again() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.threads.crash(in: folder)
    let (first, second) = (folder.file("1.core"), folder.file("2.core"))
    _ = try Self.slim(crash.core.path, to: first) { $0.kinds.insert(.heap) }
    _ = try Self.slim(first, to: second)
    let whole = try FrameWalk(GDB(crash.core.path, program: crash.program))
    #expect(try FrameWalk(GDB(second, program: crash.program)).threads == whole.threads)
    #expect(try Repair(of: second).report.isSlim)
    let cut = try crash.core.cut(at: UInt64(FileTree.status(crash.core.path).st_size) / 2)
    try Repair(of: cut).write(to: folder.file("repaired.core"))
    _ = try Self.slim(folder.file("repaired.core"), to: folder.file("3.core"))
    let repaired = try FrameWalk(GDB(folder.file("repaired.core"), program: crash.program))
    #expect(
      try FrameWalk(GDB(folder.file("3.core"), program: crash.program)).threads
        == repaired.threads)
  }
}
