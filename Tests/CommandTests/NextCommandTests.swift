import SystemPackage
import TestSupport
import Testing

/// The command after `next:` is run as it is printed, by a shell, with nobody's settings for gdb.
@Suite("the next command")
struct NextCommandTests {
  /// A program with plugins that crashed here, and a core of it that lost its main stack and most of its link map.
  private struct Place {
    let folder: ScratchFolder
    let core: FilePath
    let whole: FilePath
    let program: String
    let plugins: [String]
    /// The frames of the thread that crashed, in the whole core. Its stack survived.
    let due: [String]

    init() throws {
      try Need.require(.gdb)
      let folder = try ScratchFolder()
      self.folder = folder
      let crash = try CrashProgram.plugins.crash(in: folder)
      program = crash.program.string
      plugins = (0..<3).map { folder.file("plugin\($0).so").string }
      whole = crash.core.path
      let stack = try #require(
        try crash.core.reference.loads.last { $0.fileSize >= 0x20000 }, "no main stack")
      core = try crash.core.cut(at: stack.offset - 8 * 4096)
      let backtrace = try GDB(whole, program: crash.program).run(commands: ["backtrace"]).text
      // The first is told when the core is opened, too, and then behind a prompt.
      due = Array(Self.frames(backtrace).dropFirst(2))
      try #require(due.count >= 60 && due.contains("plugin_run") && due.last == "clone3")
    }

    /// The functions that a backtrace names.
    static func frames(_ text: String) -> [String] {
      text.split(separator: "\n").filter { $0.hasPrefix("#") }.compactMap { line in
        let words = line.split(separator: " ").map(String.init)
        guard let index = words.firstIndex(where: { $0.hasPrefix("(") }), index > 1 else {
          return nil
        }
        return words[index - 1] == "??" ? nil : words[index - 1]
      }
    }

    func shell(_ line: String, input: String = "") throws -> ToolResult {
      var tool = Tool("bash", ["-c", line, Tool.coresalvagePath.string])
      tool.folder = folder.path
      tool.input = .bytes(Array(input.utf8))
      tool.environment = ["HOME": folder.path.string, "DEBUGINFOD_URLS": nil]
      tool.environment["PATH"] =
        "\(Tool.coresalvagePath.removingLastComponent()):\(Environment["PATH"] ?? "/usr/bin:/bin")"
      return try tool.run()
    }

    /// Runs a command of ours, in which `$0` is coresalvage, and gives the lines that it ends with.
    func next(_ line: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> Next {
      let result = try shell(line)
      try #require(
        result.ending == .exit(0), "\(line): \(result)", sourceLocation: sourceLocation)
      let lines = result.text.split(separator: "\n").map(String.init)
      let next = lines.filter { $0.hasPrefix("next: ") }
      try #require(next.count == 1, "\(line): \(result)", sourceLocation: sourceLocation)
      return Next(
        command: String(next[0].dropFirst("next: ".count)),
        need: lines.first { $0.hasPrefix("needs: ") })
    }

    /// What gdb says where the command is typed as printed, and backtraces are asked for.
    func answer(to next: Next) throws -> String {
      // Nobody is there to answer a question.
      let result = try shell(
        next.command,
        input: "set width 0\nset height 0\nbacktrace\ninfo threads\nquit\n")
      #expect(result.ending == .exit(0), "\(next.command): \(result)")
      return result.text
    }

    /// Runs what is printed, and expects every frame that the whole core has.
    func expectAll(
      _ line: String, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let next = try next(line, sourceLocation: sourceLocation)
      #expect(next.need == nil, sourceLocation: sourceLocation)
      for word in words {
        #expect(next.command.contains(word), "\(next.command)", sourceLocation: sourceLocation)
      }
      let text = try answer(to: next)
      let isSame = Self.frames(text).suffix(due.count) == due[...]
      #expect(isSame, "\(next.command): \(text.prefix(4000))", sourceLocation: sourceLocation)
      #expect(!text.contains("0x0000000000000000 in"), sourceLocation: sourceLocation)
    }

    /// Runs what is printed where the program is not to be had: gdb opens the core, and a line says what is needed.
    func expectNeed(
      _ line: String, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let next = try next(line, sourceLocation: sourceLocation)
      let need = try #require(next.need, "\(next.command)", sourceLocation: sourceLocation)
      for word in words { #expect(need.contains(word), "\(need)", sourceLocation: sourceLocation) }
      let text = try answer(to: next)
      #expect(text.contains("LWP"), "\(next.command): \(text)", sourceLocation: sourceLocation)
      #expect(!text.contains("No such file"), "\(text)", sourceLocation: sourceLocation)
    }

    /// Puts files where they would be below a folder that stands for the root of their machine, away from here.
    func move(_ files: [String], below root: String) throws {
      for file in files {
        let result = try shell(
          "mkdir -p '\(root)'$(dirname \(file)) && mv \(file) '\(root)'\(file)")
        #expect(result.ending == .exit(0), "\(result)")
      }
    }

    func buildID(of file: String) throws -> String {
      let notes = try Tool("readelf", ["-n", file]).runSuccessfully().text
      return try #require(
        notes.split(separator: "\n").first { $0.contains("Build ID:") }?
          .split(separator: " ").last.map(String.init))
    }
  }

  private struct Next {
    let command: String
    let need: String?
  }

  @Test("names every frame where the files are in their places")
  func inPlace() throws {
    let place = try Place()
    let core = place.core.string
    try place.expectAll("\"$0\" \(core) out", "gdb \(place.program) out")
    try place.expectAll("\"$0\" \(place.whole) whole", "gdb \(place.program) whole")
    try place.expectAll("\"$0\" \(core) '~ an $odd name'")
    try place.expectAll("\"$0\" --gdb-script 'a script' \(core)", "-x 'a script'")
    try place.expectAll("cp \(core) here && \"$0\" --in-place here")
    // What is restored is the repaired core.
    let next = try place.next("\"$0\" archive -q \(core) a && \"$0\" archive \(core) kept.lz4")
    #expect(try place.shell(next.command).ending == .exit(0), "\(next.command)")
    let same = try place.shell("\"$0\" -q --extend none \(core) short && cmp short restored.core")
    #expect(same.ending == .exit(0), "\(same)")
  }

  @Test("names every frame where the files are below one folder")
  func oneFolder() throws {
    let place = try Place()
    try place.move([place.program] + place.plugins, below: "machine")
    let copied = try place.shell(
      """
      for file in $(ldd machine\(place.program) | grep -o '/[^ ]*'); do
        mkdir -p machine/$(dirname $(realpath $file)) && cp $(realpath $file) machine/$(realpath $file)
      done
      """)
    #expect(copied.ending == .exit(0), "\(copied)")
    for core in [place.core, place.whole] {
      try place.expectAll(
        "\"$0\" --force --sysroot machine \(core) out", "'set sysroot machine'",
        "machine\(place.program) out")
    }
  }

  @Test("names every frame where the files are below several folders, in any order, of any name")
  func severalFolders() throws {
    let place = try Place()
    try place.move([place.program], below: "~ a $b")
    try place.move(place.plugins, below: "m2")
    for core in [place.core, place.whole] {
      for folders in ["'~ a $b' m2 /", "m2 / '~ a $b'", "/ '~ a $b' m2"] {
        let options = folders.replacing(/'[^']*'|[^ ]+/) { "--sysroot \($0.output)" }
        try place.expectAll("\"$0\" --force \(options) \(core) out")
        try place.expectAll("\"$0\" --force \(options) --gdb-script s \(core)", "-x s")
      }
    }
  }

  @Test("names every frame where files are named by their build-ids, or by --program")
  func buildIDs() throws {
    let place = try Place()
    for (index, file) in ([place.program] + place.plugins).enumerated() {
      let id = try place.buildID(of: file)
      let folder = "ids/.build-id/\(id.prefix(2))"
      let name = index == 0 ? "program" : "plugin"
      #expect(try place.shell("mkdir -p \(folder) && cp \(file) \(name)-copy").ending == .exit(0))
      #expect(try place.shell("mv \(file) \(folder)/\(id.dropFirst(2))").ending == .exit(0))
    }
    // In the cut core the header pages of the plugins are lost, and with them their build-ids.
    try place.expectAll("\"$0\" --sysroot ids --sysroot / \(place.whole) out", "add-symbol-file")
    let next = try place.next("\"$0\" --program program-copy \(place.core) out2")
    #expect(next.command == "gdb program-copy out2" && next.need == nil)
    #expect(Place.frames(try place.answer(to: next)).contains("host_step"))
  }

  @Test("opens the core where the program is not to be had, and says which file is needed")
  func withoutProgram() throws {
    let place = try Place()
    let id = try place.buildID(of: place.program)
    #expect(try place.shell("mv \(place.program) kept").ending == .exit(0))
    for core in [place.core, place.whole] {
      try place.expectNeed(
        "\"$0\" --force \(core) out", "\(place.program), the file with build-id \(id)",
        "no such file here")
      #expect(
        try place.shell("gcc -x c -o \(place.program) - <<< 'int main(void) { return 0; }'").ending
          == .exit(0))
      try place.expectNeed(
        "\"$0\" --force \(core) out", "build-id \(id)", "the file here has another build-id")
      try place.expectNeed(
        "\"$0\" --force --gdb-script s \(core)", "build-id \(id)",
        "the file here has another build-id")
      try place.expectNeed(
        "\"$0\" --force --program \(place.plugins[0]) \(core) out", "build-id \(id)")
      #expect(try place.shell("rm \(place.program); mkdir -p ids").ending == .exit(0))
      try place.expectNeed("\"$0\" --force --sysroot ids \(core) out", "build-id \(id)")
    }
    try place.expectAll("\"$0\" --force --program kept \(place.core) out", "gdb kept out")
  }

  /// gdb itself compares no library that has no DT_SONAME, as plugins mostly don't.
  @Test(
    "names no function by a library that is another here, be the core whole or cut, and says which is needed",
    arguments: ["\"$0\" --force", "\"$0\" slim --force"])
  func otherLibrary(line: String) throws {
    let place = try Place()
    let stack = try #require(
      try ReferenceCore(contentsOf: place.whole).loads.last {
        $0.fileSize >= 0x20000
      })
    let cut = place.folder.file("cut")
    #expect(
      try place.shell("head -c \(stack.offset) \(place.whole) > \(cut)").ending == .exit(0))
    let other = place.plugins[1]
    #expect(try place.shell("cp -p \(other) kept").ending == .exit(0))
    for core in [place.whole, cut] {
      // Here all are what they were.
      let right = try place.next("\(line) \(core) out")
      #expect(right.need == nil && !right.command.contains("auto-solib-add"))
      #expect(Place.frames(try place.answer(to: right)).contains("inside"))
      // Behind a frame of a file that is not there gdb guesses; no more is asked for here.
      #expect(try place.shell("rm \(other)").ending == .exit(0))
      let missing = Place.frames(try place.answer(to: place.next("\(line) \(core) out")))
      // The other one has the same functions by other names, where gdb would look for them.
      let flags = "-shared -fPIC -Dinside=wrongly -Dplugin_run=wrong_run"
      _ = try CrashProgram.compile(
        flags.split(separator: " ").map(String.init) + ["plugin.c"], to: "plugin1.so",
        in: place.folder)
      let plain = try place.shell("gdb -batch -ex backtrace \(place.program) out")
      #expect(plain.text.contains("wrongly"), "the trap has no bait: \(plain.text)")
      try place.expectNeed("\(line) \(core) out", other, "as the process had it", "--sysroot")
      let text = try place.answer(to: place.next("\(line) \(core) out"))
      let frames = Place.frames(text)
      #expect(!text.contains("wrong") && frames.contains("host_step"), "\(text)")
      #expect(frames == missing, "\(frames)")
      // Of all others the symbols are read.
      let next = try place.next("\(line) \(core) out")
      let list = try place.shell(next.command, input: "set width 0\ninfo sharedlibrary\nquit\n")
      let read = list.text.split(separator: "\n").filter { $0.contains(" Yes ") }
      for name in ["plugin0.so", "plugin2.so", "libc.so", "ld-linux", "libm.so"]
      where list.text.contains(name) {
        #expect(read.contains { $0.contains(name) }, "\(name): \(list.text)")
      }
      #expect(read.count >= 3 && !read.contains { $0.hasSuffix(other) }, "\(list.text)")
      #expect(try place.shell("cp -p kept \(other)").ending == .exit(0))
    }
  }

  /// A core of the program of a place, whose plugins it opened by other names than their own, cut so that the list survives, and
  /// the frames that are due where those names lead to the right files.
  private struct Renamed {
    let place: Place
    let cores: [FilePath]
    let due: [String]

    init(_ place: Place, _ names: [String]) throws {
      self.place = place
      let whole = try KernelCores.dump(
        KernelCores.Request(FilePath(place.program), names), in: place.folder)
      let loads = try ReferenceCore(contentsOf: whole.path).loads
      let stack = try #require(loads.last { $0.fileSize >= 0x20000 })
      let cut = place.folder.file("renamed-cut")
      #expect(
        try place.shell("head -c \(stack.offset) \(whole.path) > \(cut)").ending == .exit(0))
      cores = [whole.path, cut]
      let home = whole.path.removingLastComponent()
      let text = try place.shell(
        "cd \(home) && gdb -batch -ex backtrace \(place.program) core"
      ).text
      due = Array(Place.frames(text).dropFirst(2))
      try #require(due.count >= 60 && due.contains("plugin_run"), "\(text)")
    }

    /// Other builds, whose functions have wrong names in the same places.
    static func makeTraps(in folder: String, of place: Place) throws {
      #expect(try place.shell("mkdir -p \(folder)").ending == .exit(0))
      let flags = "-shared -fPIC -Dinside=wrongly -Dplugin_run=wrong_run"
      for index in 0..<3 {
        _ = try CrashProgram.compile(
          flags.split(separator: " ").map(String.init) + ["plugin.c"],
          to: "\(folder)/plugin\(index).so", in: place.folder)
      }
    }

    func expectTrap(
      in folder: String, _ options: String = "",
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let plain = try place.shell(
        "cd \(folder) && gdb -batch \(options) -ex backtrace \(place.program) \(cores[0])")
      #expect(
        plain.text.contains("wrong"), "no bait: \(plain.text)", sourceLocation: sourceLocation)
    }

    func expectAll(
      _ line: String, in folder: String = ".",
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      for core in cores {
        let next = try place.next(
          "cd \(folder) && \(line.replacing("CORE", with: core.string))",
          sourceLocation: sourceLocation)
        #expect(next.need == nil, sourceLocation: sourceLocation)
        let text = try place.answer(
          to: Next(command: "cd \(folder) && \(next.command)", need: nil))
        let isSame = Place.frames(text).suffix(due.count) == due[...]
        #expect(
          isSame && !text.contains("wrong"), "\(next.command): \(text.prefix(4000))",
          sourceLocation: sourceLocation)
      }
    }

    /// Every command that prints what to type.
    static let lines = [
      "\"$0\" --force CORE out", "\"$0\" slim --force CORE out",
      "\"$0\" --force --gdb-script s CORE",
    ]
  }

  @Test(
    "names what the process had where a link in the listed name leads to another build now, or nowhere"
  )
  func switchedLink() throws {
    let place = try Place()
    #expect(try place.shell("ln -s . current").ending == .exit(0))
    let names = (0..<3).map { place.folder.file("current/plugin\($0).so").string }
    let renamed = try Renamed(place, names)
    try Renamed.makeTraps(in: "other", of: place)
    #expect(try place.shell("ln -sfn other current").ending == .exit(0))
    try renamed.expectTrap(in: ".")
    for line in Renamed.lines { try renamed.expectAll(line) }
    let command = try place.next("\"$0\" --force \(renamed.cores[0]) out").command
    #expect(command.contains("auto-solib-add off") && command.contains("add-symbol-file"))
    #expect(try place.shell("ln -sfn nowhere current").ending == .exit(0))
    for line in Renamed.lines { try renamed.expectAll(line) }
  }

  @Test("says which file is needed where only another one has the listed name")
  func missingBehindLink() throws {
    let place = try Place()
    #expect(try place.shell("ln -s . current").ending == .exit(0))
    let names = (0..<3).map { place.folder.file("current/plugin\($0).so").string }
    let renamed = try Renamed(place, names)
    try Renamed.makeTraps(in: "other", of: place)
    #expect(try place.shell("ln -sfn other current && rm plugin1.so").ending == .exit(0))
    for core in renamed.cores {
      try place.expectNeed("\"$0\" --force \(core) out", names[1], "as the process had it")
      let text = try place.answer(to: place.next("\"$0\" --force \(core) out"))
      #expect(!text.contains("wrong"), "\(text)")
    }
  }

  @Test("trusts no relative name in the list, in whatever folder it is typed")
  func relativeNames() throws {
    let place = try Place()
    let renamed = try Renamed(place, (0..<3).map { "../plugin\($0).so" })
    try Renamed.makeTraps(in: "other", of: place)
    #expect(try place.shell("mkdir -p other/below elsewhere").ending == .exit(0))
    try renamed.expectTrap(in: "other/below")
    for folder in ["other/below", "elsewhere", "."] {
      for line in Renamed.lines { try renamed.expectAll(line, in: folder) }
    }
  }

  @Test(
    "names what the machine had whose root a folder stands for, though a link there leads gdb to this machine's files"
  )
  func linkOutOfSysroot() throws {
    let place = try Place()
    let folder = place.folder.path.string
    let made = try place.shell(
      "mkdir other && mv plugin?.so other && ln -s \(folder)/other current")
    #expect(made.ending == .exit(0))
    let renamed = try Renamed(
      place, (0..<3).map { place.folder.file("current/plugin\($0).so").string })
    let moved = try place.shell(
      "mkdir -p machine\(folder) && cp -a program current other machine\(folder)")
    #expect(moved.ending == .exit(0))
    try Renamed.makeTraps(in: "other", of: place)
    try renamed.expectTrap(in: ".", "-iex 'set sysroot machine'")
    for line in Renamed.lines {
      try renamed.expectAll(
        line.replacing("--force", with: "--force --sysroot machine --sysroot /"))
    }
  }

  @Test("names every frame where a second folder has a colon in its name")
  func colon() throws {
    let place = try Place()
    try place.move(place.plugins, below: "m:2")
    for core in [place.core, place.whole] {
      try place.expectAll(
        "\"$0\" --force --sysroot / --sysroot m:2 \(core) out", "add-symbol-file")
    }
  }

  @Test("opens a core that doesn't tell its program, and says that it needs it", .needs(.gdb))
  func unknownProgram() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("quilt.many-whole.core", into: folder)
    let output = folder.file("out.core").string
    let result = try Tool.coresalvage(core.string, output).runSuccessfully()
    #expect(result.text.contains("\nnext: gdb -c \(output)\nneeds: "), "\(result)")
    #expect(result.text.contains("--program FILE"))
  }

  @Test("is for the gdb that knows the machine of the core", .needs(.multiarchGDB))
  func otherMachine() throws {
    let folder = try ScratchFolder()
    let (core, program) = try SampleCores.machine("sundial.s390x", into: folder)
    let output = folder.file("out.core").string
    let result = try Tool.coresalvage(
      "--program", try #require(program).string, core.string, output
    ).runSuccessfully()
    let line = try #require(
      result.text.split(separator: "\n").first { $0.hasPrefix("next: gdb-multiarch ") })
    let gdb = try Tool("bash", ["-c", line.dropFirst(6) + " -batch -ex 'info threads'"]).run()
    #expect(gdb.text.contains("LWP"), "\(gdb)")
  }
}
