import Salvage
import SalvageArchive
import SystemPackage
import TestSupport
import Testing

/// What `--with-files all` makes of a core of which nothing is lost.
@Suite("a whole core with --with-files all")
struct CompletionTests {
  private static let all: RepairOptions = {
    var options = RepairOptions()
    options.withFiles = .all
    return options
  }()

  private struct Case {
    let folder: ScratchFolder
    let core: KernelCore
    let whole: ReferenceCore

    init(_ victim: Victim = .small) throws {
      try Need.require(.kernelCores, .gcc)
      folder = try ScratchFolder()
      core = try KernelCores.dump(victim, in: folder)
      whole = try core.reference
    }

    func completed(
      _ input: FilePath? = nil, _ options: RepairOptions = CompletionTests.all,
      as name: String = "out.core"
    ) throws -> (repair: Repair, core: ReferenceCore, path: FilePath) {
      let repair = try Repair(of: input ?? core.path, options: options)
      let path = folder.file(name)
      try repair.write(to: path)
      return (repair, try ReferenceCore(contentsOf: path), path)
    }
  }

  @Test("keeps each byte of its memory at its address and offset, and is whole")
  func keepsMemory() throws {
    let victim = try Case()
    let (repair, new, path) = try victim.completed()
    #expect(repair.report.isWhole && repair.report.completion == .added)
    for load in victim.whole.loads where load.fileSize > 0 {
      let own = try #require(new.loads.first { $0.address == load.address && $0.fileSize > 0 })
      #expect(own.offset == load.offset && own.fileSize == load.fileSize, "\(load)")
    }
    #expect(try new.undone() == ReferenceSource.contents(of: victim.core.path))
    #expect(try new.contradictions() == [])
    #expect(try new.lost()?.entries.isEmpty == true)
    #expect(try new.mappings() == victim.whole.mappings())
    let inspection = try Inspection(of: path)
    #expect(inspection.isWhole && inspection.findings.isEmpty && inspection.causes.isEmpty)
    #expect(inspection.rebuilt == repair.report.rebuilt)
    #expect(inspection.report.isCompleted == false && inspection.isRepaired)
  }

  @Test("has all that was mapped read-only of each file, the program's too, as the file has it")
  func holdsFiles() throws {
    let victim = try Case()
    let new = try victim.completed().core
    var paths: Set<String> = []
    var total = 0
    for mapping in try victim.whole.mappings() {
      let range = mapping.range
      guard let load = victim.whole.loads.first(where: { $0.memoryRange == range }),
        load.flags & 2 == 0, load.flags & 4 != 0, load.fileSize < load.memorySize
      else { continue }
      let file = try ReferenceSource.contents(of: FilePath(mapping.path))
      let start = Int(mapping.fileOffset)
      let count = min(range.count, file.count - start)
      #expect(
        try new.wholeBytes(at: range.lowerBound, count: count)
          == Array(file[start..<start + count]), "\(mapping)")
      paths.insert(mapping.path)
      total += count
    }
    #expect(paths.contains(victim.core.program.string) && paths.count >= 3, "\(paths)")
    #expect(total > 1 << 20)
    for entry in try #require(try new.rebuilt()).memory {
      #expect(entry.flags & 2 == 0 && entry.cause == 2, "\(entry)")
    }
  }

  @Test("that has them already is copied")
  func isCopied() throws {
    let victim = try Case()
    let first = try victim.completed()
    let again = try victim.completed(first.path, as: "again.core")
    #expect(again.repair.report.isCompleted && again.repair.report.isWhole)
    #expect(again.repair.report.completion == .allThere)
    let bytes = try ReferenceSource.contents(of: first.path)
    #expect(try ReferenceSource.contents(of: again.path) == bytes)
  }

  @Test("of whose files none is here is copied, and that is said")
  func lacksFiles() throws {
    let victim = try Case()
    var options = Self.all
    options.sysroots = [try victim.folder.makeFolder("empty")]
    let (repair, _, path) = try victim.completed(nil, options)
    #expect(repair.report.completion == .noFile && repair.report.isCopied)
    #expect(repair.report.description.contains("added     nothing: none of its files is here"))
    let input = try ReferenceSource.contents(of: victim.core.path)
    #expect(try ReferenceSource.contents(of: path) == input)
  }

  @Test("gets nothing of a library that was replaced by another build since, and says so")
  func replaced() throws {
    try Need.require(.kernelCores, .gcc)
    let folder = try ScratchFolder()
    let crash = try CrashProgram.plugins.crash(in: folder)
    let library = folder.file("plugin1.so")
    let whole = try crash.core.reference
    // The same code at the same places: the build-id alone is another.
    let flags = ["-shared", "-fPIC", "-Wl,--build-id=0x0123456789abcdef0123456789abcdef01234567"]
    _ = try CrashProgram.compile(flags + ["plugin.c"], to: "plugin1.so", in: folder)
    let output = folder.file("out.core")
    let repair = try Repair(of: crash.core.path, options: Self.all)
    try repair.write(to: output)
    let new = try ReferenceCore(contentsOf: output)
    let listed = try #require(try new.rebuilt())
    #expect(!listed.paths.contains(library.string) && listed.paths.contains(crash.program.string))
    for mapping in try whole.mappings() where mapping.path == library.string {
      let count = mapping.range.count
      let before = try whole.bytes(at: mapping.range.lowerBound, count: count)
      #expect(try new.bytes(at: mapping.range.lowerBound, count: count) == before)
    }
    #expect(repair.report.description.contains("\(library): "), "\(repair.report)")
  }

  @Test("that a repair marked with zeros gets nothing where that repair found memory lost")
  func keepsLosses() throws {
    let victim = try Case()
    var zero = RepairOptions()
    zero.lostMemory = .zero
    zero.rebuild = .none
    let libc = try #require(
      try victim.whole.mappings().first { $0.path.contains("/libc.so") && $0.fileOffset == 0 })
    let page = try #require(victim.whole.loads.first { $0.address == libc.range.lowerBound })
    let repaired = victim.folder.file("repaired.core")
    try Repair(of: victim.core.cut(at: page.offset), options: zero).write(to: repaired)
    let new = try victim.completed(repaired).core
    let lost = try #require(try ReferenceCore(contentsOf: repaired).lost()).memory
    #expect(lost.contains { $0.range.overlaps(libc.range) && $0.state == 2 })
    for entry in try new.rebuilt()?.memory ?? [] {
      #expect(!lost.contains { $0.range.overlaps(entry.range) }, "\(entry)")
    }
  }

  @Test("gets no code where the kernel was told to leave out what processes change")
  func filtered() throws {
    try Need.require(.kernelCores, .gcc)
    let folder = try ScratchFolder()
    let program = try Victim.small.compile(in: folder)
    let script = #"echo 0x10 > /proc/self/coredump_filter && exec "$0" "$@""#
    let words = ["-c", script, program.string] + Victim.small.arguments
    let core = try KernelCores.dump(KernelCores.Request("/bin/sh", words), in: folder)
    let repair = try Repair(of: core.path, options: Self.all)
    #expect(repair.report.rebuilt.allSatisfy { $0.length <= 4096 }, "\(repair.report.rebuilt)")
  }

  @Test("in place gives the core back by an undo, and its time")
  func undo() throws {
    let victim = try Case()
    let path = victim.folder.file("place.core")
    try SparseCopy.copy(victim.core.path, to: path)
    try FileTree.setModified(path, microseconds: 1_600_000_000_123_456)
    let input = try ReferenceSource.contents(of: path)
    let written = try Repair.inPlace(path, options: Self.all)
    #expect(written.report.completion == .added && written.size > UInt64(input.count))
    #expect(try ReferenceCore(contentsOf: path).undone() == input)
    let other = try victim.completed(as: "beside.core").core
    #expect(try ReferenceCore(contentsOf: path).rebuilt()?.memory == other.rebuilt()?.memory)
    _ = try Undo(path)
    #expect(try ReferenceSource.contents(of: path) == input)
    #expect(try FileTree.modified(path) == 1_600_000_000_123_456)
  }

  @Test("in an archive comes out again as it is without one")
  func archive() throws {
    let victim = try Case()
    let (repair, _, path) = try victim.completed()
    let archive = victim.folder.file("out.core.lz4")
    try repair.archive(to: archive)
    let restored = victim.folder.file("restored.core")
    #expect(try Restore(of: archive).write(to: restored).report == nil)
    let bytes = try ReferenceSource.contents(of: path)
    #expect(try ReferenceSource.contents(of: restored) == bytes)
    #expect(try Inspection(of: archive).isWhole)
  }

  @Test(
    "gives gdb, lldb and eu-stack the same frames as before, and readelf nothing to complain of",
    .needs(.tool("eu-stack"), .gdb, .tool("lldb-19"), .tool("readelf")))
  func tools() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.plugins.crash(in: folder)
    let output = folder.file("out.core")
    try Repair(of: crash.core.path, options: Self.all).write(to: output)
    for tool in ["eu-stack", "lldb-19"] {
      let before = try Self.frames(tool, crash.core.path, crash.program)
      #expect(before.count > 60 && before.contains { $0.contains("plugin_run") }, "\(before)")
      #expect(try Self.frames(tool, output, crash.program) == before, "\(tool)")
    }
    let before = try GDB(crash.core.path, program: crash.program).view()
    let after = try GDB(output, program: crash.program).view()
    #expect(after.opensCleanly && after.backtraces == before.backtraces)
    #expect(after.libraries == before.libraries && after.namedFrames > 60)
    let headers = try Tool("readelf", ["-lnW", output.string]).runSuccessfully()
    #expect(headers.errorText.isEmpty, "\(headers.errorText)")
  }

  @Test("gives gdb the code where its files are gone, which the core had not", .needs(.gdb))
  func code() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.plugins.crash(in: folder)
    let output = folder.file("out.core")
    try Repair(of: crash.core.path, options: Self.all).write(to: output)
    let mappings = try crash.core.reference.mappings()
    let places = try crash.core.reference.loads.filter { $0.flags & 1 != 0 && $0.fileSize == 0 }
      .filter { load in
        mappings.contains { $0.range == load.memoryRange && $0.path.hasPrefix(folder.path.string) }
      }
      .map { $0.address + 64 }
    #expect(places.count == 4)
    let truth = try GDB(crash.core.path, program: crash.program).bytes(at: places)
    for name in ["program", "plugin0.so", "plugin1.so", "plugin2.so"] {
      FileTree.remove(folder.file(name))
    }
    // Without the files gdb shows zeros for what is mapped and not in the core.
    #expect(try GDB(crash.core.path).bytes(at: places) != truth)
    #expect(try GDB(output).bytes(at: places) == truth)
    #expect(!truth.contains(nil))
  }

  /// The name of each frame, as the tool prints it.
  private static func frames(
    _ tool: String, _ core: FilePath, _ program: FilePath
  ) throws -> [String] {
    let arguments =
      tool == "eu-stack"
      ? ["--core", core.string, "-e", program.string]
      : [
        "-b", "-x", "-o", "target create -c '\(core)' '\(program)'", "-o", "thread backtrace all",
      ]
    return try Tool(tool, arguments).run().text.split(separator: "\n")
      .filter { $0.contains("#") && $0.contains("0x") }.map(String.init)
  }
}
