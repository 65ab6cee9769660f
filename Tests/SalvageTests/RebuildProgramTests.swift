import Salvage
import SalvageText
import SystemPackage
import TestSupport
import Testing

/// Programs whose list debuggers don't find as they find that of others.
@Suite("the link map of an unusual program")
struct RebuildProgramTests {
  @Test(
    "that has no DT_DEBUG is not made, and the script for gdb names its frames all the same",
    .needs(.kernelCores, .gdb, .build("gcc", flags: ["-fuse-ld=lld", "-Wl,-z,rodynamic"])))
  func readOnlyDynamic() throws {
    let folder = try ScratchFolder()
    let flags = ["-fuse-ld=lld", "-Wl,-z,rodynamic", "stacks.c"]
    let program = try CrashProgram.compile(flags, to: "program", in: folder)
    let core = try KernelCores.dump(KernelCores.Request(program), in: folder)
    let gdb = GDB(core.path, program: program)
    #expect(try FrameWalk(gdb).libraries.isEmpty)
    let stack = try #require(try core.reference.loads.last { $0.fileSize >= 0x20000 })
    for size in [stack.offset, try core.size / 3] {
      let cut = try core.cut(at: size)
      let repair = try Repair(of: cut)
      guard case .impossible(let reason) = repair.report.linkMap else {
        Issue.record("cut at \(size): \(repair.report.linkMap)")
        continue
      }
      #expect(reason.contains("has no DT_DEBUG") && reason.contains("--gdb-script"))
      #expect(!repair.report.rebuilt.contains { $0.source == .linkMap })
      let output = folder.file("out-\(size).core")
      try repair.write(to: output)
      let script = folder.file("\(size).gdb")
      try repair.writeGDBScript(to: script)
      let repaired = GDB(output, program: program)
      #expect(try !repaired.run(commands: ["thread apply all bt"]).text.contains("in pause"))
      let named = try repaired.run(commands: ["source \(script)", "thread apply all bt"])
      if size == stack.offset { #expect(named.text.contains("in __libc_pause"), "\(named)") }
    }
  }

  @Test(
    "that is static, loads libraries and is stripped is not made: debuggers find none in the whole core either",
    .needs(.gdb, .tool("strip")))
  func stripped() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.staticPlugins.crash(in: folder)
    try Tool("strip", [crash.program.string]).runSuccessfully()
    #expect(try FrameWalk(GDB(crash.core.path, program: crash.program)).libraries.isEmpty)
    let cut = try crash.core.cut(at: try crash.core.reference.loads[4].offset)
    let outcome = try Repair(of: cut).report.linkMap
    guard case .impossible(let reason) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(reason.contains("no symbol _r_debug"))
  }

  @Test(
    "by QEMU, which makes one segment of neighbours and lists no files, is made of what AT_EXECFN leads to",
    .needs(.gdb, .gcc, .tool("qemu-x86_64")), arguments: [false, true])
  func merged(isNamed: Bool) throws {
    let folder = try ScratchFolder()
    let program = try CrashProgram.compile(["stacks.c"], to: "program", in: folder)
    var tool = Tool("qemu-x86_64", [program.string])
    tool.folder = folder.path
    tool.limits["core"] = "unlimited"
    _ = try KernelSettings.with(["kernel.core_pattern": "core"]) { try tool.run() }
    let name = try #require(try folder.names().first { $0.hasPrefix("qemu_") })
    let core = folder.file(name)
    let whole = try ReferenceCore(contentsOf: core)
    // Data of the image and what is read-only of it stand in one segment.
    let oracle = try FrameWalk(GDB(core, program: program))
    #expect(oracle.namedFrames > 20)
    // The dynamic linker's data and all after it are lost; QEMU's main stack lies before them.
    let data = try #require(
      whole.loads.filter { $0.flags & 2 != 0 && $0.fileSize > 0 && $0.fileSize < 0x10000 }
        .dropFirst().first)
    let cut = folder.file("cut.core")
    try SparseCopy.copy(core, to: cut, size: data.offset)
    var options = RepairOptions()
    if isNamed { options.program = program }
    let repair = try Repair(of: cut, options: options)
    #expect(repair.report.linkMap == .rebuilt(3), "\(repair.report.modules)")
    let output = folder.file("out.core")
    try repair.write(to: output)
    let walk = try FrameWalk(GDB(output, program: program))
    #expect(walk.libraries == oracle.libraries)
    #expect(walk.namedFrames > 20)
  }

  @Test(
    "is followed to prelinked libraries, which lie where they were linked for and not at their bias of 0",
    .needs(.gcc, .tool("qemu-x86_64")))
  func prelinked() throws {
    let folder = try ScratchFolder()
    let program = try CrashProgram.compile(["-no-pie", "plugins.c"], to: "program", in: folder)
    let flags = ["-shared", "-fPIC", "-Wl,-Ttext-segment=0x41000000", "plugin.c"]
    let library = try CrashProgram.compile(flags, to: "plugin.so", in: folder)
    var tool = Tool("qemu-x86_64", [program.string, library.string])
    tool.folder = folder.path
    tool.limits["core"] = "unlimited"
    _ = try KernelSettings.with(["kernel.core_pattern": "core"]) { try tool.run() }
    let name = try #require(try folder.names().first { $0.hasPrefix("qemu_") })
    let found = try Inspection(of: folder.file(name))
    let module = try #require(
      found.modules.first { String(decoding: $0.path, as: UTF8.self) == library.string })
    #expect(module.base == 0x4100_0000)
    #expect(module.buildID != nil)
  }
}
