import CoreIO
import CoreModel
import ELFCore
import Glibc
import Salvage
import SystemPackage
import TestSupport
import Testing

/// Which files are taken for those that the process had mapped.
@Suite("a module's file")
struct RebuildVerificationTests {
  /// A core of the plugins program, cut where the header pages of all libraries are lost, or none.
  private struct Case {
    let folder: ScratchFolder
    let crash: CrashProgram.Crash
    let whole: ReferenceCore
    let plugin: FilePath

    init(in place: ScratchFolder.Place = .memory) throws {
      folder = try ScratchFolder(in: place)
      let crash = try CrashProgram.plugins.crash(in: folder)
      self.crash = crash
      whole = try crash.core.reference
      plugin = folder.file("plugin1.so")
    }

    /// Where the plugin's first page stands in the core.
    var headerOffset: UInt64 {
      get throws {
        let mapping = try #require(
          try whole.mappings().first { $0.path == plugin.string && $0.fileOffset == 0 })
        return try #require(whole.loads.first { $0.address == mapping.range.lowerBound }).offset
      }
    }

    func module(
      cutAt size: UInt64, _ options: RepairOptions = RepairOptions()
    ) throws -> RepairReport.Module {
      try module(of: crash.core.cut(at: size), options)
    }

    func module(
      of core: FilePath, _ options: RepairOptions = RepairOptions()
    ) throws -> RepairReport.Module {
      let report = try Repair(of: core, options: options).report
      return try #require(report.modules.first { $0.path == Array(plugin.string.utf8) })
    }
  }

  @Test("is known by its build-id where the header page survived, else by its layout")
  func isVerified() throws {
    let victim = try Case()
    let offset = try victim.headerOffset
    #expect(try victim.module(cutAt: offset + 4096).verdict == ModuleVerdict(.buildID))
    // Two threads wait in it; that is not much.
    #expect(try victim.module(cutAt: offset).verdict.verification == .layout)
  }

  @Test("that was replaced is not used, and said to be another")
  func isReplaced() throws {
    let victim = try Case()
    let offset = try victim.headerOffset
    let (early, late) = (
      try victim.crash.core.cut(at: offset), try victim.crash.core.cut(at: offset + 4096)
    )
    // Small libraries have the same layout, whatever is in them.
    FileTree.remove(victim.plugin)
    let flags = ["-shared", "-fPIC", "stacks.c"]
    _ = try CrashProgram.compile(flags, to: "plugin1.so", in: victim.folder)
    let survived = try victim.module(of: late)
    #expect(survived.verdict.verification == .core)
    #expect(survived.verdict.remark == "replaced: the file here has another build-id")
    let lost = try victim.module(of: early)
    #expect(lost.verdict.verification == .leftOut)
    #expect(lost.verdict.remark.hasPrefix("another build: "))
  }

  @Test(
    "that was touched or put here since the core was written is not used, unless much tells for it")
  func isLater() throws {
    let victim = try Case()
    // In its own folder: others cut the same core at the same place, and the file's time counts here.
    let early = try victim.crash.core.cut(at: victim.headerOffset, in: victim.folder)
    // File systems' clocks tick some milliseconds apart.
    try Tool("touch", ["-d", "now + 1 minute", victim.plugin.string]).runSuccessfully()
    let touched = try victim.module(of: early).verdict
    #expect(touched == ModuleVerdict(.leftOut, "written to since the core was"), "\(touched)")
    // As a package's upgrade leaves it: written long ago, and put here after the crash.
    try Tool("touch", ["-d", "2001-01-01", victim.plugin.string]).runSuccessfully()
    #expect(try victim.module(of: early).verdict.verification == .leftOut)
    #expect(try victim.module(of: early).verdict.remark.contains("put here since"))
  }

  @Test("that is gone is said to be gone")
  func isGone() throws {
    let victim = try Case()
    let offset = try victim.headerOffset
    FileTree.remove(victim.plugin)
    #expect(
      try victim.module(cutAt: offset).verdict
        == ModuleVerdict(.leftOut, "no such file here"))
    let report = try Repair(of: victim.crash.core.cut(at: offset)).report
    #expect(report.description.contains("plugin1.so: no such file here; left out"))
  }

  @Test("is found below a sysroot, and by its build-id there")
  func isInSysroot() throws {
    let victim = try Case()
    let offset = try victim.headerOffset
    let root = try victim.folder.makeFolder("root")
    let place = root.pushing(victim.plugin.removingRoot())
    try Tool("mkdir", ["-p", place.removingLastComponent().string]).runSuccessfully()
    try Tool("mv", [victim.plugin.string, place.string]).runSuccessfully()
    var options = RepairOptions()
    options.sysroots = ["/nowhere", root]
    #expect(try victim.module(cutAt: offset, options).verdict.verification == .layout)

    let text = try Tool("readelf", ["-n", place.string]).runSuccessfully().text
    let mark = try #require(text.firstRange(of: "Build ID: "))
    let identity = text[mark.upperBound...].prefix { $0.isHexDigit }
    let tree = root.appending(".build-id/\(identity.prefix(2))")
    try Tool("mkdir", ["-p", tree.string]).runSuccessfully()
    let target = tree.appending("\(identity.dropFirst(2)).debug")
    try Tool("mv", [place.string, target.string]).runSuccessfully()
    let module = try victim.module(cutAt: offset + 4096, options)
    #expect(module.verdict == ModuleVerdict(.buildID, "found by its build-id"))
  }

  @Test("is looked for below a sysroot as its machine would: no link leads out")
  func linksInSysroot() throws {
    let victim = try Case()
    let offset = try victim.headerOffset + 4096
    let root = try victim.folder.makeFolder("root")
    let place = root.pushing(victim.plugin.removingRoot())
    try Tool("mkdir", ["-p", place.removingLastComponent().string]).runSuccessfully()
    var options = RepairOptions()
    options.sysroots = [root]
    // The right file is there, but on this machine.
    let here = victim.plugin.removingLastComponent().appending("here.so")
    try Tool("cp", [victim.plugin.string, here.string]).runSuccessfully()
    let up = String(repeating: "../", count: 64)
    for target in [here.string, up + here.string] {
      try Tool("ln", ["-sfn", target, place.string]).runSuccessfully()
      #expect(
        try victim.module(cutAt: offset, options).verdict
          == ModuleVerdict(.core, "no such file here"))
    }
    // And now it is below the folder, too.
    let inside = root.pushing(here.removingRoot())
    try Tool("mv", [here.string, inside.string]).runSuccessfully()
    for target in [here.string, up + here.string] {
      try Tool("ln", ["-sfn", target, place.string]).runSuccessfully()
      let repair = try Repair(of: victim.crash.core.cut(at: offset), options: options)
      let module = repair.rebuild.modules.first { $0.path == Array(victim.plugin.string.utf8) }
      #expect(module?.verdict.verification == .buildID)
      #expect(module?.file?.path == inside)
    }
  }

  @Test("that the core's owner may not read is not put into the core by root", .needs(.root))
  func isOthers() throws {
    let victim = try Case()
    let offset = try victim.headerOffset
    let cut = try victim.crash.core.cut(at: offset)
    let nobody: uid_t = 65534
    for path in [victim.folder.path, cut, victim.plugin] { chmod(path.string, 0o755) }
    func remark() throws -> String {
      // What was just done to the files changed them, as far as their times tell.
      try Tool("touch", [cut.string]).runSuccessfully()
      let report = try Repair(of: cut).report
      return try #require(report.modules.first { $0.path == Array(victim.plugin.string.utf8) })
        .verdict.remark
    }
    // Whether there is such a file is not told either.
    let hidden = "no file here that the core's owner may read"
    chown(cut.string, nobody, nobody)
    #expect(try remark().contains("agree with it"))
    chmod(victim.plugin.string, 0o600)
    #expect(try remark() == hidden)
    // A folder on the way that they may not pass hides it as well, and so does a group that only root is in.
    chmod(victim.plugin.string, 0o644)
    chmod(victim.folder.path.string, 0o700)
    #expect(try remark() == hidden)
    chmod(victim.folder.path.string, 0o755)
    chmod(victim.plugin.string, 0o640)
    #expect(try remark() == hidden)
    chown(cut.string, 0, 0)
    #expect(try remark().contains("agree with it"))
    FileTree.remove(victim.plugin)
    #expect(try remark() == "no such file here")
    chown(cut.string, nobody, nobody)
    #expect(try remark() == hidden)
  }

  @Test(
    "in a folder of root's is as if it were not there, to a stranger's core, in every command",
    .needs(.root))
  func isHidden() throws {
    let victim = try Case(in: .temporary)
    let root = try ScratchFolder(in: .memory)
    chmod(victim.folder.path.string, 0o711)
    let nobody: uid_t = 65534
    // The plugin's name now leads to a file in a folder that only root may pass, and then to none.
    let target = root.file("there.so")
    try Tool("cp", [victim.plugin.string, target.string]).runSuccessfully()
    let cut = try victim.crash.core.cut(at: victim.headerOffset + 4096)
    chown(cut.string, nobody, nobody)
    func told() throws -> (String, Inspection.Module.FileHere?) {
      let path = Array(victim.plugin.string.utf8)
      return (
        try victim.module(of: cut).verdict.remark,
        try Inspection(of: cut).modules.first { $0.path == path }?.localFile
      )
    }
    chmod(cut.string, 0o644)
    #expect(try told().1 == .same)
    FileTree.remove(victim.plugin)
    symlink(target.string, victim.plugin.string)
    let there = try told()
    FileTree.remove(target)
    let gone = try told()
    #expect(there == gone)
    #expect(there.1 == .absent)
    // A core that is root's own, of a process that was not.
    let roots = FileIdentity(at: "/etc/passwd", followingLinks: true)
    let reader = FileReader(for: roots, of: ids(of: try process(of: nobody)))
    #expect(reader.isForAnother)
    #expect(throws: SalvageError.self) { try reader.open(target) }
    try Tool("cp", ["/bin/true", target.string]).runSuccessfully()
    #expect(throws: SalvageError.self) { try reader.open(target) }
    let own = FileReader(for: nil, of: ids(of: try process(of: 0)))
    #expect(try own.open(target).size > 0)
  }

  private func ids(of process: ProcessInfo) -> (userID: UInt32, groupID: UInt32) {
    (process.userID, process.groupID)
  }

  private func process(of user: UInt32) throws -> ProcessInfo {
    var descriptor = [UInt8](repeating: 0, count: 136)
    for (index, value) in [user, user].enumerated() {
      for byte in 0..<4 {
        descriptor[16 + 4 * index + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte))
      }
    }
    let info = ProcessInfo(
      descriptor.span, in: ELFFormat(width: .bits64, byteOrder: .little))
    return try #require(info)
  }
}
