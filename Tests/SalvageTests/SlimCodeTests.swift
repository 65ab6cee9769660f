import CoreIO
import CoreModel
import Salvage
import SystemPackage
import TestSupport
import Testing

/// Slim cores of processes that make code while they run, or have the code of their files dumped, as JVMs do.
@Suite("a slim core of a process with code of its own", .needs(.kernelCores, .gcc))
struct SlimCodeTests {
  private static let source = """
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/mman.h>
    #include <sys/personality.h>
    __attribute__((noinline)) static void crash(void) { __builtin_trap(); }
    int main(int count, char **arguments) {
      (void)arguments;
      if (count > 1) personality(READ_IMPLIES_EXEC);
      // push %rbp; mov %rsp,%rbp; mov $crash,%rax; call *%rax; pop %rbp; ret
      unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xd0, 0x5d, 0xc3};
      void (*target)(void) = crash;
      memcpy(code + 6, &target, sizeof target);
      char *heap = malloc(200000);
      sprintf(heap, "%s-%s", "MARK", "heap");
      char *data = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      sprintf(data, "%s-%s", "MARK", "data");
      char *map = mmap(0, 1 << 20, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      char *place = map + 0x5800;
      memcpy(place, code, sizeof code);
      sprintf(map + 0x9000, "%s-%s", "MARK", "elsewhere");
      ((void (*)(void))place)();
      return heap[0] + data[0];
    }
    """

  private static func slim(_ core: FilePath, to output: FilePath) throws {
    var options = RepairOptions()
    options.force = true
    options.slim = SlimOptions()
    try Repair(of: core, options: options).write(to: output)
  }

  @Test(
    "has the frames that lead through what was made while it ran, and no other page of that",
    .needs(.gdb, .tool("lldb-19")))
  func generated() throws {
    let folder = try ScratchFolder()
    let program = try KernelCores.compile(Self.source, named: "maker", in: folder)
    let core = try KernelCores.dump(.init(program), in: folder)
    let output = folder.file("slim.core")
    try Self.slim(core.path, to: output)
    let whole = try FrameWalk(GDB(core.path, program: program))
    #expect(try FrameWalk(GDB(output, program: program)).threads == whole.threads)
    let names = try RebuildToolTests.names("lldb-19", core.path, program)
    #expect(names.contains("main"), "\(names)")
    #expect(try RebuildToolTests.names("lldb-19", output, program) == names)
    #expect(try Tool("grep", ["-aoE", "MARK-[a-z]+", output.string]).run().text.isEmpty)
    #expect(try FileTree.size(output) < 1 << 20)
  }

  @Test("has no data of a process of which all memory can be executed")
  func lawless() throws {
    let folder = try ScratchFolder()
    let program = try KernelCores.compile(Self.source, named: "maker", in: folder)
    let core = try KernelCores.dump(.init(program, ["lawless"]), in: folder)
    let output = folder.file("slim.core")
    try Self.slim(core.path, to: output)
    #expect(try Tool("grep", ["-aoE", "MARK-[a-z]+", core.path.string]).run().lines.count >= 3)
    #expect(try Tool("grep", ["-aoE", "MARK-[a-z]+", output.string]).run().text.isEmpty)
  }

  @Test("goes on naming a file for code that was dumped, where it is what the file has")
  func dumped() throws {
    let folder = try ScratchFolder()
    let program = try Victim.small.compile(in: folder)
    let script = #"echo 0x37 > /proc/self/coredump_filter && exec "$0" "$@""#
    let core = try KernelCores.dump(
      .init("/bin/sh", ["-c", script, program.string] + Victim.small.arguments), in: folder)
    let output = folder.file("slim.core")
    let start = try #require(try code(of: program, in: Core(Intake(InputFile(core.path)))))
    func codeNamed(_ core: FilePath) throws -> [UInt64] {
      try Core(Intake(InputFile(core))).process.listedFiles?.entries
        .map(\.range).filter { $0.contains(start) }.map(\.lowerBound) ?? []
    }
    try Self.slim(core.path, to: output)
    #expect(try codeNamed(output).count == 1)
    let segments = try Core(Intake(InputFile(output))).memory
    let whole = try Core(Intake(InputFile(core.path)))
    #expect(segments.readable(at: start, count: 8).isEmpty)
    // Of code that was changed no file has the bytes.
    let segment = try #require(whole.memory.segment(at: start))
    let file = try FileDescriptor.open(core.path, .writeOnly)
    let place = Int64(segment.fileOffset + segment.fileSize / 2)
    try file.closeAfter {
      let old = try whole.source.bytes(at: UInt64(place), count: 1)
      _ = try file.writeAll(toAbsoluteOffset: place, [old[0] ^ 0xff])
    }
    try Self.slim(core.path, to: output)
    #expect(try codeNamed(output).isEmpty)
  }

  /// An address in the code of a file, behind its first page.
  private func code(of program: FilePath, in core: Core) throws -> UInt64? {
    let name = Array(program.string.utf8)
    let entry = core.process.mappedFiles?.entries.first { $0.path == name && $0.fileOffset != 0 }
    return entry.map { $0.range.lowerBound + 0x10 }
  }
}
