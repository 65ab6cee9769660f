import Glibc
import SystemPackage
import TestSupport
import Testing

/// Cores of every layout, made on the spot, and gdb's word on each repaired one.
@Suite("a layout")
struct LayoutTests {
  /// 70,000 mappings that can't be merged, of which every tenth is touched; then a crash.
  private static let quilt = """
    #include <stdlib.h>
    #include <string.h>
    #include <sys/mman.h>
    int level_1(char *place) { *place = 1; return *place; }
    int main(void) {
      char *area = mmap(0, 70000ul * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (area == MAP_FAILED) return 1;
      for (long page = 0; page < 70000; page++) {
        if (page % 10 == 0) memset(area + page * 4096, 1 + page % 200, 4096);
        if (page % 2 && mprotect(area + page * 4096, 4096, PROT_READ)) return 2;
      }
      return level_1(0);
    }
    """

  @Test(
    "of 70,000 mappings is opened by gdb wherever it was cut, and its section header counts",
    .needs(.gdb, .kernelCores, .gcc))
  func manyMappings() throws {
    let folder = try ScratchFolder()
    let program = try KernelCores.compile(Self.quilt, named: "quilt", in: folder)
    var request = KernelCores.Request(program)
    request.settings["vm.max_map_count"] = "100000"
    let core = try KernelCores.dump(request, in: folder)
    let whole = try core.reference
    #expect(whole.isExtended && whole.segments.count > 70_000)
    let notes = try #require(whole.noteSegments.first).fileRange
    let size = try core.size
    for cut in [notes.upperBound, size - 1] {
      let input = try core.cut(at: cut, in: folder)
      let output = folder.file("out")
      let result = try Tool.coresalvage("--force", "--json", input.string, output.string)
        .runSuccessfully()
      #expect(result.text.contains("\"sizeDue\":\(size),"))
      #expect(try ReferenceCore(contentsOf: output).isExtended == (cut == size - 1))
      let view = try GDB(output, program: program).view()
      #expect(view.opensCleanly, "cut at \(cut): \(view.complaints)")
      #expect(view.threads.count == 1)
      #expect(view.backtraces.values.first?.first == "level_1", "\(view.backtraces)")
    }
    // Cut inside the table: neither threads nor memory are left.
    let hopeless = try Tool.coresalvage(
      core.cut(at: 2_000_000, in: folder).string, folder.file("x").string
    ).run()
    #expect(hopeless.ending == .exit(2), "\(hopeless)")
  }

  @Test(
    "of gcore, notes last, keeps its memory, and gdb reads it with threads or without",
    .needs(.gdb, .gcc, .tool("gcore"), .tracing))
  func gcore() throws {
    let folder = try ScratchFolder()
    let source = """
      #include <stdio.h>
      #include <unistd.h>
      volatile int answer = 42424242;
      int level_1(void) { printf("%p\\n", (void *)&answer); fflush(stdout); return pause(); }
      int main(void) { return level_1(); }
      """
    let program = try KernelCores.compile(source, named: "waiter", in: folder)
    var tool = Tool(program.string)
    let printed = folder.file("printed")
    tool.output = .file(printed)
    let waiter = try RunningTool(tool)
    defer {
      waiter.send(9)
      _ = try? waiter.finish()
    }
    for _ in 0..<300 where (try? ReferenceSource.contents(of: printed))?.last != 10 {
      usleep(10_000)
    }
    let text = String(decoding: try ReferenceSource.contents(of: printed), as: UTF8.self)
    let address = try #require(UInt64(text.dropFirst(2).dropLast(), radix: 16))
    let made = try Tool("gcore", ["-o", folder.file("gcore").string, "\(waiter.processID)"]).run()
    let core = folder.file("gcore.\(waiter.processID)")
    try #require(FileTree.exists(core), "\(made)")
    let whole = try ReferenceCore(contentsOf: core)
    let notes = try #require(whole.noteSegments.first).fileRange
    let memory = try #require(whole.loads.map(\.fileRange.upperBound).max())
    #expect(notes.lowerBound >= memory, "gcore's notes are last")
    for (cut, threads) in [(notes.upperBound - 500, 1), (memory + 10, 0), (memory - 5000, 0)]
      as [(UInt64, Int)]
    {
      let input = folder.file("cut")
      try SparseCopy.copy(core, to: input, size: cut)
      let output = folder.file("out")
      let result = try Tool.coresalvage("--force", input.string, output.string).runSuccessfully()
      #expect(try ReferenceCore(contentsOf: output).threads.count == threads)
      let bytes = try GDB(output, program: program).bytes(at: (0..<4).map { address + $0 })
      #expect(bytes == [0xb2, 0x57, 0x87, 0x02], "cut at \(cut)")
      if threads == 0 {
        #expect(
          result.text.contains(
            "the notes that hold their registers are lost; memory can still be read"))
      } else {
        #expect(try GDB(output, program: program).view().namedFrames > 1)
      }
    }
  }

  @Test(
    "with segments sorted by size, or not, and of 32 bits is opened by gdb",
    .needs(.gdb, .kernelCores, .kernelSetting("kernel.core_sort_vma")), arguments: ["0", "1"],
    [[], ["-m32"]])
  func sorted(setting: String, flags: [String]) throws {
    try Need.build("gcc", flags: flags).require()
    let folder = try ScratchFolder()
    var victim = Victim.small
    victim.compilerFlags = flags
    let program = try victim.compile(in: folder)
    var request = KernelCores.Request(program, victim.arguments)
    request.settings["kernel.core_sort_vma"] = setting
    let core = try KernelCores.dump(request, in: folder)
    let whole = try core.reference
    let addresses = whole.loads.map(\.address)
    #expect((addresses == addresses.sorted()) == (setting == "0"))
    for cut in [try core.size / 2, try core.size * 9 / 10] {
      let output = folder.file("out")
      try Tool.coresalvage("-q", "--force", core.cut(at: cut, in: folder).string, output.string)
        .runSuccessfully()
      let view = try GDB(output, program: program).view()
      #expect(view.opensCleanly, "\(flags), cut at \(cut): \(view.complaints)")
      #expect(Set(view.threads) == Set(whole.threadIDs))
    }
  }
}
