import CoreIO
import Salvage
import SystemPackage
import TestSupport
import Testing

/// What other tools than gdb on this machine's cores make of a rebuilt core.
@Suite("a repaired core")
struct RebuildToolTests {
  /// The names in a tool's backtraces, in its order.
  static func names(_ tool: String, _ core: FilePath, _ program: FilePath) throws
    -> [String]
  {
    if tool == "eu-stack" {
      let result = try Tool(tool, ["--core", core.string, "-e", program.string]).run()
      return result.text.split(separator: "\n").filter { $0.hasPrefix("#") }
        .map { $0.split(separator: " ").dropFirst(2).joined(separator: " ") }
    }
    let commands = ["target create -c '\(core)' '\(program)'", "thread backtrace all"]
    let result = try Tool(tool, ["-b", "-x"] + commands.flatMap { ["-o", $0] }).run()
    guard result.ending == .exit(0), !result.errorText.contains("LLVM ERROR") else {
      throw ReferenceError("\(tool) on \(core): \(result)")
    }
    return result.text.split(separator: "\n").filter { $0.contains("frame #") }.map { line in
      guard let mark = line.lastIndex(of: "`") else { return "??" }
      return String(line[line.index(after: mark)...].prefix { $0 != "(" && $0 != " " })
    }
  }

  @Test(
    "has the whole core's names where all but the last stack and the link map survived",
    arguments: ["eu-stack", "lldb-19"], [CrashProgram.threads, .startedByName])
  func namesFrames(in tool: String, of program: CrashProgram) throws {
    try Need.tool(tool).require()
    let folder = try ScratchFolder()
    let crash = try program.crash(in: folder)
    let loads = try crash.core.reference.loads.filter { $0.fileSize > 0 }
    let stack = try #require(loads.last { $0.fileSize >= 0x20000 })
    let output = folder.file("out.core")
    try Repair(of: crash.core.cut(at: stack.offset - 8 * 4096)).write(to: output)
    let owed = try Self.names(tool, crash.core.path, crash.program).filter { $0 == "deep" }.count
    let found = try Self.names(tool, output, crash.program)
    #expect(owed == 5 * 31 || program == .startedByName)
    #expect(found.count { $0 == "deep" } >= owed)
    #expect(found.contains { $0.hasSuffix("pause") })
    #expect(found.contains("block_here"))
  }

  @Test(
    "shows gdb libc, too, where a dynamic linker started a program whose file is gone", .needs(.gdb)
  )
  func goneProgram() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.startedByName.crash(in: folder)
    let program = folder.file("program")
    let whole = try crash.core.reference
    let page = try #require(
      try whole.mappings().first { $0.path == program.string && $0.fileOffset == 0 })
    let first = try #require(whole.loads.first { $0.address == page.range.lowerBound })
    try Tool("rm", [program.string]).runSuccessfully()
    let output = folder.file("out.core")
    let repair = try Repair(of: crash.core.cut(at: first.offset))
    try repair.write(to: output)
    guard case .rebuilt = repair.report.linkMap else {
      Issue.record("\(repair.report.linkMap)")
      return
    }
    let gdb = try GDB(output, program: crash.program).run(commands: ["info sharedlibrary"])
    #expect(gdb.text.contains("/libc.so.6"), "\(gdb.text)")
  }

  @Test(
    "keeps the header of a lost vdso where something far above it survived, lest lldb aborts",
    .needs(
      .tool("lldb-19"), .kernelCores, .kernelSetting("kernel.core_sort_vma"), .vsyscall, .gcc))
  func keepsVDSO() throws {
    let folder = try ScratchFolder()
    let victim = Victim.small
    let program = try victim.compile(in: folder)
    var request = KernelCores.Request(program, victim.arguments)
    request.settings = ["kernel.core_sort_vma": "1"]
    let core = try KernelCores.dump(request, in: folder)
    let whole = try core.reference
    let vdso = try #require(
      whole.loads.filter { $0.flags & 1 != 0 && $0.fileSize > 0 }.min { $0.address < $1.address })
    let above = try #require(
      whole.loads.first { $0.address > vdso.address && $0.fileSize > 0 })
    try #require(above.offset < vdso.offset)
    let output = folder.file("out.core")
    try Repair(of: core.cut(at: vdso.offset)).write(to: output)
    let new = try ReferenceCore(contentsOf: output)
    let kept = try #require(new.loads.first { $0.address == vdso.address })
    #expect(kept.fileSize == 0 && kept.memorySize == vdso.memorySize)
    let lost = try #require(try new.lost()?.memory.first { $0.address == vdso.address })
    #expect(lost.state == 2)
    #expect(try Self.names("lldb-19", output, program).contains("crash_here"))
  }

  @Test("of aarch64, without NT_FILE, is named by its program and what that wants")
  func aarch64() throws {
    let sysroot: FilePath = "/usr/aarch64-linux-gnu"
    let libgcc = "/usr/lib/gcc-cross/aarch64-linux-gnu/12"
    try Need.require(.tool("qemu-aarch64"), .multiarchGDB, .path(libgcc), .path(sysroot.string))
    let folder = try ScratchFolder()
    // Swift's own clang: Debian's gcc for aarch64 excludes the one that builds for i386.
    let flags = [
      "--target=aarch64-linux-gnu", "-fuse-ld=lld", "-isystem", "\(sysroot)/include",
      "-B\(sysroot)/lib", "-L\(sysroot)/lib", "-B\(libgcc)", "-L\(libgcc)", "-no-pie", "stacks.c",
    ]
    let program = try CrashProgram.compile(flags, compiler: "clang", to: "program", in: folder)
    var tool = Tool("qemu-aarch64", ["-L", sysroot.string, program.string])
    tool.folder = folder.path
    tool.limits["core"] = "unlimited"
    _ = try tool.run()
    let name = try #require(try folder.names().first { $0.hasSuffix(".core") })
    let core = folder.file(name)
    let whole = try ReferenceCore(contentsOf: core)
    // The dynamic linker's data and what comes after it are lost: its code was the last one before.
    let base = try #require(try Self.auxiliary(7, in: whole))
    let first = try #require(whole.loads.first { $0.address >= base && $0.fileSize > 0 })
    let cut = folder.file("cut.core")
    try SparseCopy.copy(core, to: cut, size: first.offset)

    var options = RepairOptions()
    options.sysroots = [sysroot]
    options.program = program
    let output = folder.file("out.core")
    let repair = try Repair(of: cut, options: options)
    try repair.write(to: output)
    #expect(repair.report.linkMap == .rebuilt(3))
    let names = repair.report.modules.map { String(decoding: $0.path, as: UTF8.self) }
    #expect(names.contains("/lib/libc.so.6"), "\(names)")

    let gdb = GDB(output, program: program, isForeign: true)
    let result = try gdb.run(commands: [
      "set sysroot \(sysroot)", "info sharedlibrary", "thread 1", "bt",
    ])
    #expect(result.text.contains("libc.so.6"), "\(result)")
    #expect(result.text.contains("in sink ("), "\(result)")
    #expect(result.text.contains("qsort"), "\(result)")
  }

  private static func auxiliary(_ key: UInt64, in core: ReferenceCore) throws -> UInt64? {
    guard let note = core.notes("CORE", 6).first else { return nil }
    let words = stride(from: 0, to: note.descriptor.count, by: 8).map { start in
      note.descriptor[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    return stride(from: 0, to: words.count - 1, by: 2).first { words[$0] == key }
      .map { words[$0 + 1] }
  }

  @Test("need not be made for names: the script gives gdb those of the cut one", .needs(.gdb))
  func script() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.threads.crash(in: folder)
    let loads = try crash.core.reference.loads.filter { $0.fileSize > 0 }
    let stack = try #require(loads.last { $0.fileSize >= 0x20000 })
    let cut = try crash.core.cut(at: stack.offset - 8 * 4096)
    let script = folder.file("script.gdb")
    try Repair(of: cut).writeGDBScript(to: script)
    let gdb = GDB(cut, program: crash.program)
    let before = try gdb.run(commands: ["thread apply all bt"])
    let after = try gdb.run(commands: ["source \(script)", "thread apply all bt"])
    #expect(!before.text.contains("in pause"))
    #expect(after.text.ranges(of: "pause").count > 5, "\(after)")
  }
}
