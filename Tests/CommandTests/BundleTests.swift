import Glibc
import SystemPackage
import TestSupport
import Testing

/// Bundles of cores that the kernel wrote, unpacked and opened where the process's files are no more.
@Suite("a bundle")
struct BundleTests {
  /// What is told of a bundle, and the folder that plain tar made of it.
  struct Unpacked {
    var said: ToolResult
    var peakMemory: UInt64
    var file: FilePath
    var folder: FilePath

    func run(_ script: String, _ arguments: [String]) throws -> ToolResult {
      var tool = Tool(folder.appending(script).string, arguments)
      tool.folder = "/"
      return try tool.run()
    }

    func walk() throws -> FrameWalk {
      try FrameWalk { commands in
        let settings = ["debuginfod enabled off", "pagination off", "width 0"]
        return try run(
          "run-gdb",
          ["-nx", "-batch"] + settings.flatMap { ["-iex", "set \($0)"] }
            + commands.flatMap { ["-ex", $0] })
      }
    }
  }

  /// Bundles a core and unpacks it, in a folder with spaces in its name.
  static func unpack(
    _ core: FilePath, _ options: [String] = [], ending: String = "tar.zst", tar: String = "tar",
    in folder: ScratchFolder
  ) throws -> Unpacked {
    let place = try folder.makeFolder("un packed \(try folder.names().count)")
    let file = place.appending("my core.\(ending)")
    let (said, peakMemory) = try Tool.coresalvage(
      ["bundle"] + options + [core.string, file.string]
    )
    .runMeasured()
    guard said.status == 0 else { throw ReferenceError("bundle \(core): \(said)") }
    try Tool(tar, ["-C", place.string, "-xf", file.string]).runSuccessfully()
    return Unpacked(
      said: said, peakMemory: peakMemory, file: file, folder: place.appending("my core"))
  }

  /// A crash, and its core without the main thread's stack and most of what the dynamic linker had.
  private static func cut(_ crash: CrashProgram.Crash) throws -> FilePath {
    let loads = try crash.core.reference.loads.filter { $0.fileSize > 0 }
    let stack = try #require(loads.last { $0.fileSize >= 0x20000 })
    return try crash.core.cut(at: stack.offset - 8 * 4096)
  }

  @Test(
    "gives gdb the names that it had at home, whole or cut, from its own files alone",
    .needs(.gdb, .tool("zstd")),
    arguments: [
      CrashProgram.threads, .fixedPlace, .staticProgram, .exception, .plugins, .namespaces,
    ],
    [false, true])
  func names(of program: CrashProgram, isCut: Bool) throws {
    let (home, folder) = (try ScratchFolder(), try ScratchFolder())
    let crash = try program.crash(in: home)
    let core = isCut ? try Self.cut(crash) : crash.core.path
    let repaired = folder.file("repaired.core")
    try Tool.coresalvage("--extend", "none", core.string, repaired.string).runSuccessfully()
    let expected = try FrameWalk(GDB(repaired, program: crash.program))
    let bundle = try Self.unpack(core, in: folder)
    // Nothing of the program is left where it ran.
    for name in try home.names() { FileTree.remove(home.file(name)) }
    let found = try bundle.walk()
    #expect(
      found.threads.mapValues { $0.map(\.name) } == expected.threads.mapValues { $0.map(\.name) })
    #expect(found.namedFrames > (program == .exception ? 3 : 20), "\(found)")
    let libraries = try bundle.run("run-gdb", ["-nx", "-batch", "-ex", "info sharedlibrary"])
      .lines.filter { $0.hasPrefix("0x") }
    let root = try FileTree.realPath(bundle.folder).string + "/root/"
    #expect(
      libraries.count >= expected.libraries.count
        && !libraries.isEmpty == (program != .staticProgram))
    #expect(libraries.allSatisfy { $0.contains(root) }, "\(libraries)")
  }

  @Test(
    "gives lldb the names that it had at home", .needs(.tool("lldb-19"), .tool("zstd")),
    arguments: [CrashProgram.threads, .plugins], [false, true])
  func lldb(program: CrashProgram, isCut: Bool) throws {
    let (home, folder) = (try ScratchFolder(), try ScratchFolder())
    let crash = try program.crash(in: home)
    let core = isCut ? try Self.cut(crash) : crash.core.path
    let repaired = folder.file("repaired.core")
    try Tool.coresalvage("--extend", "none", core.string, repaired.string).runSuccessfully()
    let ask = ["-b", "-x", "-o", "thread backtrace all"]
    let expected = Self.names(
      try Tool("lldb-19", ask + ["-c", repaired.string, crash.program.string]).runSuccessfully())
    let bundle = try Self.unpack(core, in: folder)
    for name in try home.names() { FileTree.remove(home.file(name)) }
    var tool = Tool(bundle.folder.appending("run-lldb").string, ask)
    tool.environment = ["LLDB": "lldb-19"]
    #expect(Self.names(try tool.runSuccessfully()) == expected)
    #expect(expected.count { $0 != "??" } > 20)
  }

  @Test(
    "has no debugger take another file that stands where a missing one was",
    .needs(.gdb, .tool("lldb-19"), .tool("zstd")), arguments: [false, true])
  func otherFile(isCut: Bool) throws {
    let (home, folder) = (try ScratchFolder(), try ScratchFolder())
    let crash = try CrashProgram.plugins.crash(in: home)
    let missing = home.file("plugin1.so")
    FileTree.remove(missing)
    let core = isCut ? try Self.cut(crash) : crash.core.path
    let bundle = try Self.unpack(core, in: folder)
    // On the other machine there is one of that name, which is another build.
    let code = """
      int wrong_name(int depth) { volatile int room[64]; room[0] = depth; return room[0]; }
      int wrong_more(int depth) { return wrong_name(depth) + wrong_name(depth + 1) + wrong_name(depth + 2); }
      int plugin_run(int depth) { return wrong_name(depth) + wrong_more(depth); }
      """
    try folder.write(Array(code.utf8), to: "wrong.c")
    try Tool(
      "gcc", ["-g", "-shared", "-fPIC", "-o", missing.string, folder.file("wrong.c").string]
    ).runSuccessfully()
    var lldb = Tool(
      bundle.folder.appending("run-lldb").string, ["-b", "-x", "-o", "thread backtrace all"])
    lldb.environment = ["LLDB": "lldb-19"]
    let gdb = try bundle.run("run-gdb", ["-nx", "-batch", "-ex", "thread apply all bt"])
    for result in [try lldb.runSuccessfully(), gdb] {
      #expect(result.text.contains("host_step"), "\(result)")
      #expect(!result.text.contains("wrong_"), "\(result)")
    }
  }

  @Test("is opened with its own files by its scripts through symbolic links, from anywhere")
  func links() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("bakery.full-disk-memory.core", into: folder)
    let nothing = try folder.makeFolder("nothing")
    let bundle = try Self.unpack(core, ["--sysroot", nothing.string], ending: "tar", in: folder)
    let own = try FileTree.realPath(bundle.folder).appending("core").string
    let unpacked = try #require(bundle.folder.removingLastComponent().lastComponent).string
    try folder.makeFolder("a b")
    let other = try folder.makeFolder("a b/c d")
    for (script, variable) in [("run-gdb", "GDB"), ("run-lldb", "LLDB")] {
      let file = bundle.folder.appending(script)
      let links = [
        (other.appending("absolute \(script)"), file.string),
        (other.appending(script), "../../\(unpacked)/my core/\(script)"),
        (folder.file(script), "a b/c d/\(script)"),
      ]
      for (link, target) in links { #expect(symlink(target, link.string) == 0) }
      for link in links.map(\.0) + [file] {
        var tool = Tool(link.string)
        tool.environment = [variable: "echo"]
        #expect(try tool.runSuccessfully().text.contains(" \(own)"), "\(link)")
        tool = Tool("sh", [link.lastComponent?.string ?? ""])
        tool.folder = link.removingLastComponent()
        tool.environment = [variable: "echo"]
        #expect(try tool.runSuccessfully().text.contains(" \(own)"), "\(link)")
      }
    }
  }

  /// The function of each frame that lldb shows.
  private static func names(_ result: ToolResult) -> [String] {
    result.text.split(separator: "\n").filter { $0.contains("frame #") }.map { line in
      guard let mark = line.lastIndex(of: "`") else { return "??" }
      return String(line[line.index(after: mark)...].prefix { $0 != "(" && $0 != " " })
    }
  }

  @Test(
    "has the core that a repair writes, and no hole of it costs anything",
    .needs(.kernelCores, .gcc, .tool("bsdtar"), .tool("zstd")), arguments: ["tar", "bsdtar"])
  func core(tar: String) throws {
    let folder = try ScratchFolder()
    let whole = try SharedCores.large()
    for core in [whole.path, try whole.cut(at: try whole.size - 4096, in: folder)] {
      let repaired = folder.file("repaired.core")
      try Tool.coresalvage("--force", "--extend", "none", core.string, repaired.string)
        .runSuccessfully()
      for ending in ["tar.zst", "tar.gz", "tar"] {
        let bundle = try Self.unpack(core, ending: ending, tar: tar, in: folder)
        try Tool("cmp", [repaired.string, bundle.folder.appending("core").string])
          .runSuccessfully()
      }
    }
  }

  @Test(
    "keeps a hole of 16 GiB one, in little time and memory",
    .needs(.kernelCores, .gcc, .tool("bsdtar"), .tool("zstd")), arguments: ["tar", "bsdtar"])
  func hole(tar: String) throws {
    let folder = try ScratchFolder()
    let source = """
      #include <stdlib.h>
      #include <sys/mman.h>
      int main(void) {
        size_t size = 16UL << 30;
        char *hole = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (hole == MAP_FAILED) return 1;
        hole[size - 1] = 1;
        abort();
      }
      """
    let program = try KernelCores.compile(source, named: "hole", in: folder)
    let core = try KernelCores.dump(.init(program), in: folder)
    try #require(try core.size > 16 << 30)
    let bundle = try Self.unpack(core.path, tar: tar, in: folder)
    #expect(try FileTree.size(bundle.file) < 8 << 20)
    #expect(bundle.peakMemory < 128 << 20 && bundle.said.duration < .seconds(20))
    let unpacked = bundle.folder.appending("core")
    #expect(try FileTree.size(unpacked) == core.size)
    #expect(try FileTree.allocated(unpacked) < 16 << 20)
  }

  @Test("is the same whenever and wherever it is made", .needs(.kernelCores, .gcc))
  func isDeterministic() throws {
    let folder = try ScratchFolder()
    let core = try SharedCores.small().path
    for ending in ["tar.zst", "tar.gz", "tar"] {
      var bundles: [[UInt8]] = []
      for name in ["one", "two"] {
        let place = try folder.makeFolder("\(name)-\(ending)").appending("x.\(ending)")
        var tool = Tool.coresalvage("bundle", core.string, place.string)
        tool.environment = name == "one" ? ["TZ": "Asia/Tokyo"] : ["LC_ALL": "C.UTF-8"]
        try tool.runSuccessfully()
        bundles.append(try ReferenceSource.contents(of: place))
        if name == "one" { try Tool("sleep", ["1.1"]).runSuccessfully() }
      }
      #expect(bundles[0] == bundles[1], "\(ending)")
    }
  }

  @Test(
    "that is packed tells of every wrong bit before it gives a wrong core",
    .needs(.kernelCores, .gcc), arguments: ["tar.zst", "tar.gz"])
  func wrongBits(ending: String) throws {
    let folder = try ScratchFolder()
    // Of the core alone: what is in it is to be wrong.
    let nothing = try folder.makeFolder("nothing")
    let bundle = folder.file("x.\(ending)")
    let core = try SharedCores.small().path
    try Tool.coresalvage("bundle", "--sysroot", nothing.string, core.string, bundle.string)
      .runSuccessfully()
    let sound = folder.file("sound")
    try Tool.coresalvage("restore", bundle.string, sound.string).runSuccessfully()
    let right = try ReferenceSource.contents(of: sound)
    let bytes = try ReferenceSource.contents(of: bundle)
    var random = SeededGenerator(seed: 16)
    var wrong = 0
    for number in 0..<40 {
      var damaged = bytes
      damaged[.random(in: 0..<damaged.count, using: &random)] ^= 1 << (number % 8)
      let file = try folder.write(damaged, to: "damaged.\(ending)")
      let output = folder.file("out")
      FileTree.remove(output)
      let result = try Tool.coresalvage("restore", "-q", file.string, output.string).run()
      if result.ending == .exit(0) {
        #expect(try ReferenceSource.contents(of: output) == right, "\(number)")
      } else {
        wrong += 1
      }
    }
    // Nearly all bits matter.
    #expect(wrong >= 35)
  }

  @Test("has nobody's name in it, and one folder", .needs(.kernelCores, .gcc))
  func isAnonymous() throws {
    let folder = try ScratchFolder()
    let bundle = try Self.unpack(SharedCores.small().path, ending: "tar", in: folder)
    let lines = try Tool("tar", ["--numeric-owner", "-tvf", bundle.file.string])
      .runSuccessfully().lines
    #expect(lines.count > 10)
    #expect(lines.allSatisfy { $0.contains(" 0/0 ") && $0.contains(" my core/") }, "\(lines)")
    let names = lines.compactMap { $0.components(after: " my core/") }
    #expect(Set(names).count == names.count)
    #expect(!names.contains { $0.contains("..") && !$0.contains(" -> ") })
  }

  @Test("says which file is missing, by its build-id and the command that fetches it", .needs(.gdb))
  func missing() throws {
    let (home, folder) = (try ScratchFolder(), try ScratchFolder())
    let crash = try CrashProgram.plugins.crash(in: home)
    let lost = home.file("plugin1.so")
    let note = try Tool("readelf", ["-n", lost.string]).runSuccessfully().lines
    let id = try #require(note.first { $0.contains("Build ID: ") }?.split(separator: " ").last)
    FileTree.remove(lost)
    let bundle = try Self.unpack(crash.core.path, in: folder)
    let readme = String(
      decoding: try ReferenceSource.contents(of: bundle.folder.appending("README")),
      as: UTF8.self)
    for text in [bundle.said.text, readme] {
      #expect(text.contains("\(lost) (no such file here)"), "\(text)")
      #expect(text.contains("debuginfod-find executable \(id)"), "\(text)")
      #expect(text.contains("debuginfod-find debuginfo \(id)"), "\(text)")
    }
    #expect(!FileTree.exists(bundle.folder.appending("root").pushing(lost.removingRoot())))

    let needs = try Tool.coresalvage("inspect", "--needs", crash.core.path.string).runSuccessfully()
    #expect(needs.text.contains("debuginfod-find executable \(id)"), "\(needs)")
    let json = try ParsedJSON(
      Tool.coresalvage("inspect", "--needs", "--json", crash.core.path.string).runSuccessfully()
        .text)
    let list = try #require(json["needs"]?.array)
    let entry = try #require(list.first { $0["path"]?.string == lost.string })
    #expect(entry["buildID"]?.string == String(id) && entry["file"]?.string == nil)
    let other = try #require(list.first { $0["path"]?.string == home.file("plugin0.so").string })
    #expect(other["file"]?.string == home.file("plugin0.so").string)
    #expect(other["verified"]?.string == "build-id" && other["certainty"]?.string == "certain")
    #expect(needs.text.contains("certain: build-id"), "\(needs)")
    #expect(other["debugInformation"]?.string == "in module")
    // On another machine, what was unpacked is what is here.
    for name in try home.names() where name != crash.core.path.lastComponent?.string {
      FileTree.remove(home.file(name))
    }
    let unpacked = bundle.folder.appending("core").string
    let root = bundle.folder.appending("root").string
    for options in [[], ["--sysroot", root]] {
      let there = try ParsedJSON(
        Tool.coresalvage(["inspect", "--needs", "--json"] + options + [unpacked])
          .runSuccessfully().text)
      let program = try #require(
        there["needs"]?.array?.first { $0["path"]?.string == crash.program.string })
      #expect(
        program["file"]?.string == (options.isEmpty ? nil : root + crash.program.string))
    }
    let both = try Tool.coresalvage(
      "inspect", "--no-local-files", "--sysroot", "/", crash.core.path.string
    ).run()
    #expect(both.ending == .exit(64) && both.errorText.contains("--sysroot"), "\(both)")
  }

  @Test(
    "puts no file above its folder, whatever the core calls it", .needs(.kernelCores, .gcc, .gdb))
  func hostilePath() throws {
    let (home, folder) = (try ScratchFolder(), try ScratchFolder())
    let crash = try CrashProgram.threads.crash(in: home)
    let path = Array(crash.program.string.utf8)
    let short = "/tmp/cs-\(UInt16.random(in: 0 ... .max))"
    try Tool("ln", ["-s", crash.program.string, short]).runSuccessfully()
    defer { FileTree.remove(FilePath(short)) }
    let padding = path.count - short.utf8.count - 6
    let hostile =
      Array("/../..".utf8) + [UInt8](repeating: 0x2f, count: padding) + Array(short.utf8)
    try #require(hostile.count == path.count)
    var bytes = try ReferenceSource.contents(of: crash.core.path)
    let count = bytes.replace(path, by: hostile)
    try #require(count > 0)
    let core = try folder.write(bytes, to: "hostile.core")
    let bundle = try Self.unpack(core, ending: "tar", in: folder)
    let names = try Tool("tar", ["-tf", bundle.file.string]).runSuccessfully().lines
    #expect(names.allSatisfy { $0.hasPrefix("my core/") && !$0.contains("..") }, "\(names)")
    #expect(names.contains("my core/root\(short)"), "\(names)")
    #expect(try bundle.walk().namedFrames > 20)
  }

  @Test(
    "is no more readable than the core, nor than a file that is in it", .needs(.kernelCores, .gcc))
  func access() throws {
    let (home, folder) = (try ScratchFolder(), try ScratchFolder())
    let crash = try CrashProgram.threads.crash(in: home)
    func mode(core: String, program: String, _ name: String) throws -> UInt32 {
      try Tool("chmod", [core, crash.core.path.string]).runSuccessfully()
      try Tool("chmod", [program, crash.program.string]).runSuccessfully()
      let place = folder.file(name)
      try Tool.coresalvage("bundle", crash.core.path.string, place.string).runSuccessfully()
      return try FileTree.status(place).st_mode & 0o777
    }
    #expect(try mode(core: "600", program: "755", "a.tar") == 0o600)
    #expect(try mode(core: "644", program: "755", "b.tar") == 0o644)
    #expect(try mode(core: "644", program: "700", "c.tar") == 0o600)
    #expect(try folder.names() == ["a.tar", "b.tar", "c.tar"])
  }

  @Test("goes through a pipe on both sides", .needs(.kernelCores, .gcc, .tool("zstd")))
  func pipes() throws {
    let folder = try ScratchFolder()
    let core = try SharedCores.small()
    var tool = Tool.coresalvage("bundle", "-", "-")
    tool.input = .bytes(try ReferenceSource.contents(of: core.path))
    tool.output = .file(folder.file("out.tar.zst"))
    let result = try tool.runSuccessfully()
    #expect(result.errorText.contains("bundled to standard output"), "\(result)")
    try Tool("tar", ["-C", folder.path.string, "--zstd", "-xf", folder.file("out.tar.zst").string])
      .runSuccessfully()
    try Tool("cmp", [core.path.string, folder.file("core.bundle/core").string])
      .runSuccessfully()
  }

  @Test("is read where a core is", .needs(.kernelCores, .gcc, .tool("zstd")))
  func isReadAgain() throws {
    let folder = try ScratchFolder()
    let core = try SharedCores.small()
    let cut = try core.cut(at: try core.size - 4096 * 40, in: folder)
    let repaired = folder.file("repaired.core")
    try Tool.coresalvage("--extend", "none", cut.string, repaired.string).runSuccessfully()
    for ending in ["tar.zst", "tar.gz", "tar"] {
      let bundle = try Self.unpack(cut, ending: ending, in: folder)
      let inspected = try Tool.coresalvage("inspect", bundle.file.string).run()
      #expect(inspected.ending == .exit(1), "\(inspected)")
      #expect(inspected.text.contains("repaired by coresalvage"), "\(inspected)")
      let out = folder.file("out.core")
      try Tool.coresalvage("--force", bundle.file.string, out.string).runSuccessfully()
      try Tool("cmp", [repaired.string, out.string]).runSuccessfully()
      let piped = try Tool(
        "sh", ["-c", "'\(Tool.coresalvagePath)' check - <'\(bundle.file)'"]
      ).run()
      #expect(piped.text.contains("repaired"), "\(piped)")
      let changed = try Tool.coresalvage("--in-place", bundle.file.string).run()
      #expect(changed.ending == .exit(2), "\(changed)")
    }
  }

  @Test(
    "has debug information by its build-id, and by its name only if the checksum is right",
    .needs(.kernelCores, .gcc, .gdb, .tool("zstd")), arguments: ["build-id", "name", "wrong name"])
  func debugInformation(by way: String) throws {
    let (home, folder) = (try ScratchFolder(), try ScratchFolder())
    let program = home.file("program")
    let source = Tool.packageRoot.appending("Scripts/bench/programs/stacks.c").string
    let id = way == "build-id" ? "-Wl,--build-id=sha1" : "-Wl,--build-id=none"
    try Tool("gcc", ["-g", "-pthread", id, "-o", program.string, source]).runSuccessfully()
    let debug = home.file("program.dbg")
    try Tool("objcopy", ["--only-keep-debug", program.string, debug.string]).runSuccessfully()
    try Tool("strip", [program.string]).runSuccessfully()
    var sysroot = try folder.makeFolder("sysroot")
    if way == "build-id" {
      let note = try Tool("readelf", ["-n", program.string]).runSuccessfully().lines
      let digits = try #require(
        note.first { $0.contains("Build ID: ") }?.split(separator: " ").last)
      let place = sysroot.appending("usr/lib/debug/.build-id/\(digits.prefix(2))")
      try Tool("mkdir", ["-p", place.string]).runSuccessfully()
      let file = place.appending("\(digits.dropFirst(2)).debug")
      try Tool("mv", [debug.string, file.string]).runSuccessfully()
    } else {
      var tool = Tool("objcopy", ["--add-gnu-debuglink=program.dbg", program.string])
      tool.folder = home.path
      try tool.runSuccessfully()
      let place = home.path.appending(".debug").string
      try Tool("mkdir", [place]).runSuccessfully()
      try Tool("mv", [debug.string, place]).runSuccessfully()
      if way == "wrong name" {
        try Tool("sh", ["-c", "echo >>'\(place)/program.dbg'"]).runSuccessfully()
      }
      sysroot = "/"
    }
    let core = try KernelCores.dump(.init(program), in: folder)
    let bundle = try Self.unpack(
      core.path, ["--sysroot", "/", "--sysroot", sysroot.string], in: folder)
    let isMissing = bundle.said.text.contains("debug information of \(program)")
    #expect(isMissing == (way == "wrong name"), "\(bundle.said)")
    for name in try home.names() { FileTree.remove(home.file(name)) }
    let frames = try bundle.run("run-gdb", ["-nx", "-batch", "-ex", "bt"])
    #expect(frames.text.contains("stacks.c:") == (way != "wrong name"), "\(frames)")
  }

  @Test(
    "refuses a name that doesn't say how it is packed, and a file that exists",
    .needs(.kernelCores, .gcc))
  func refusals() throws {
    let folder = try ScratchFolder()
    let core = try SharedCores.small().path.string
    let zip = try Tool.coresalvage("bundle", core, folder.file("x.zip").string).run()
    #expect(zip.ending == .exit(64) && zip.errorText.contains(".tar.zst"), "\(zip)")
    try folder.write([1], to: "x.tar")
    let exists = try Tool.coresalvage("bundle", core, folder.file("x.tar").string).run()
    #expect(exists.ending == .exit(3) && exists.errorText.contains("exists already"), "\(exists)")
    #expect(try ReferenceSource.contents(of: folder.file("x.tar")) == [1])
    #expect(try folder.names() == ["x.tar"])
  }
}

extension String {
  /// What comes after a mark; nil where it isn't in the text.
  fileprivate func components(after mark: String) -> String? {
    ranges(of: mark).first.map { String(self[$0.upperBound...]) }
  }
}

extension [UInt8] {
  /// Replaces each occurrence by as many bytes, and gives their number.
  fileprivate mutating func replace(_ old: [UInt8], by new: [UInt8]) -> Int {
    var count = 0
    var index = 0
    while index + old.count <= self.count {
      if self[index] == old[0], self[index..<index + old.count].elementsEqual(old) {
        replaceSubrange(index..<index + old.count, with: new)
        count += 1
        index += old.count
      } else {
        index += 1
      }
    }
    return count
  }
}
