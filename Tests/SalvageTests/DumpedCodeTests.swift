import Salvage
import SystemPackage
import TestSupport
import Testing

/// `--with-files all`, where the dump had the code of files.
@Suite("code that was dumped and is lost", .needs(.kernelCores, .gcc))
struct DumpedCodeTests {
  /// Sets its filter, and on request changes a byte in the first or last page of libc's code.
  private static let source = """
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/mman.h>

    int main(int argc, char **argv) {
      FILE *filter = fopen("/proc/self/coredump_filter", "w");
      fputs(argv[1], filter);
      fclose(filter);
      FILE *maps = fopen("/proc/self/maps", "r");
      char line[4096];
      while (argc > 2 && fgets(line, sizeof line, maps)) {
        unsigned long start, end;
        if (!strstr(line, "libc.so") || !strstr(line, "r-xp")) continue;
        sscanf(line, "%lx-%lx", &start, &end);
        char *code = (char *)start;
        char *byte = strcmp(argv[2], "first") ? (char *)end - 1 : code;
        mprotect(code, end - start, PROT_READ | PROT_WRITE | PROT_EXEC);
        *byte ^= 0x55;
        mprotect(code, end - start, PROT_READ | PROT_EXEC);
      }
      abort();
    }
    """

  private struct Case {
    let folder: ScratchFolder
    let core: KernelCore
    let whole: ReferenceCore
    /// libc's code, as it was dumped.
    let code: ReferenceSegment

    init(_ arguments: String...) throws {
      folder = try ScratchFolder()
      let program = try KernelCores.compile(DumpedCodeTests.source, named: "filter", in: folder)
      core = try KernelCores.dump(KernelCores.Request(program, arguments), in: folder)
      whole = try core.reference
      let mappings = try whole.mappings().filter { $0.path.contains("libc.so") }
      code = try #require(
        whole.loads.first { load in
          load.flags & 1 != 0 && mappings.contains { $0.range.contains(load.address) }
        })
    }

    /// The core repaired where half of libc's code is lost.
    func repaired() throws -> ReferenceCore {
      var options = RepairOptions()
      options.withFiles = .all
      let output = folder.file("out.core")
      try Repair(of: core.cut(at: code.offset + code.fileSize / 2), options: options)
        .write(to: output)
      return try ReferenceCore(contentsOf: output)
    }
  }

  @Test("comes from the files where the process had all of them dumped, and is what the dump had")
  func isFilled() throws {
    let victim = try Case("0x3f")
    let new = try victim.repaired()
    let files = try #require(try new.rebuilt()).memory.filter { $0.cause == 2 }
    for entry in files {
      let own = try new.bytes(at: entry.address, count: Int(entry.length))
      let truth = try victim.whole.bytes(at: entry.address, count: Int(entry.length))
      #expect(own == truth, "\(entry)")
    }
    // All of libc and of the dynamic linker that was lost and that none of them writes to.
    let mappings = try victim.whole.mappings()
    let cut = victim.code.offset + victim.code.fileSize / 2
    for load in victim.whole.loads
    where load.flags & 1 != 0 && load.fileRange.upperBound > cut
      && mappings.contains(where: { $0.range.contains(load.address) })
    {
      let lost = max(load.address, load.address + cut - min(cut, load.offset))
      let filled = files.filter { load.memoryRange.contains($0.address) }.map(\.length)
      #expect(filled.reduce(0, +) >= load.memoryRange.upperBound - lost, "\(load)")
    }
  }

  @Test(
    "stays lost where it was dumped because it was changed, or what survived of it is not the file's",
    arguments: [["0x33", "last"], ["0x33", "first"], ["0x3f", "first"]])
  func staysLost(arguments: [String]) throws {
    let victim = try Case(arguments[0], arguments[1])
    #expect(victim.code.fileSize > 0x10000)
    let new = try victim.repaired()
    let filled = try new.rebuilt()?.memory.filter {
      victim.code.memoryRange.contains($0.address)
    }
    #expect(filled ?? [] == [], "\(arguments)")
    let last = victim.code.memoryRange.upperBound - 1
    #expect(!new.readableRanges.contains { $0.contains(last) })
  }
}
