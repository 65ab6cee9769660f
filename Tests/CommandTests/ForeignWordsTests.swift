import SystemPackage
import TestSupport
import Testing

/// Cores of other writers, whole and cut: nothing is called lost that is there or never was.
@Suite("the words on a foreign core")
struct ForeignWordsTests {
  /// What repair, its dry run, inspect, check and note say of a core: each one's text, and the status of each.
  private static func words(
    _ bytes: [UInt8], in folder: ScratchFolder
  ) throws -> [(command: String, result: ToolResult)] {
    let core = try folder.write(bytes, to: "in").string
    let commands = [
      ["repair", "--force", core, folder.file("out").string],
      ["repair", "--dry-run", core], ["repair", "--dry-run", "--json", core],
      ["inspect", "--no-local-files", core], ["inspect", "--no-local-files", "--json", core],
      ["check", core], ["note", core],
    ]
    return try commands.map { ($0.joined(separator: " "), try Tool.coresalvage($0).run()) }
  }

  /// "lost" in words that tell of notes, threads or names.
  private static func claimsOfLoss(_ text: String) -> [Substring] {
    text.split(separator: "\n").filter { line in
      line.contains("lost")
        && ["note", "thread", "Thread", "program", "build-id"].contains { line.contains($0) }
    }
  }

  @Test("with all its notes never says that a note is lost", arguments: ForeignCore.all)
  func notes(of core: ForeignCore) throws {
    let built = core.builder.build()
    let folder = try ScratchFolder(in: .memory)
    let memory = built.segmentRanges[0].lowerBound
    let step = (built.bytes.count - memory) / 3
    let sizes = [built.bytes.count] + (0..<3).map { memory + $0 * step + 1 }
    for size in sizes + [built.notesRange.upperBound] {
      for (command, result) in try Self.words(built.cut(to: size), in: folder) {
        #expect(result.status != 2, "\(size): \(command): \(result)")
        if command.contains("--json") { continue }
        let claims = Self.claimsOfLoss(result.text)
        #expect(claims.isEmpty, "\(core), \(size): \(command): \(claims)")
      }
    }
  }

  @Test("cut in its notes says so, and that more may be lost", arguments: ForeignCore.all)
  func cutNotes(of core: ForeignCore) throws {
    let built = core.builder.build()
    let folder = try ScratchFolder(in: .memory)
    for note in built.noteRanges.dropFirst() {
      let input = try folder.write(built.cut(to: note.lowerBound + 16), to: "in")
      let result = try Tool.coresalvage("inspect", input.string).run()
      #expect(result.status == 1, "\(result)")
      #expect(result.text.contains("cut after"), "\(result)")
      let dry = try Tool.coresalvage("--dry-run", input.string).run()
      if core.name == "valgrind", note == built.noteRanges[1] {
        // The process's name alone is no use to anybody.
        #expect(dry.status == 2 && dry.errorText.contains("cut inside the notes"), "\(dry)")
        continue
      }
      #expect(dry.text.contains("lost"), "\(core), \(note): \(dry)")
    }
  }

  @Test("counts its threads", arguments: ForeignCore.all)
  func threads(of core: ForeignCore) throws {
    let folder = try ScratchFolder(in: .memory)
    let input = try folder.write(core.builder.build().bytes, to: "in")
    let json = try ParsedJSON(
      Tool.coresalvage("inspect", "--json", input.string).run().text)
    let count =
      core.isForeign
      ? json["foreignThreads"]?.number : (json["threads"]?.array?.count).map(Double.init)
    #expect(count == Double(core.threads), "\(json)")
  }

  @Test(
    "of a BSD tells its process and its signal, by that system's numbers",
    arguments: [ForeignCore.openBSD, .netBSD, .freeBSD])
  func process(of core: ForeignCore) throws {
    let folder = try ScratchFolder(in: .memory)
    let input = try folder.write(core.builder.build().bytes, to: "in")
    let text = try Tool.coresalvage("inspect", input.string).run().text
    for words in ["bakery", "pid 321", "SIGBUS", "a process of \(core.name)"] {
      #expect(text.contains(words), "no \(words) in \(text)")
    }
  }

  @Test("file(1) reads the name of NetBSD's process", .needs(.tool("file")))
  func nameByFile() throws {
    let folder = try ScratchFolder(in: .memory)
    let input = try folder.write(ForeignCore.netBSD.builder.build().bytes, to: "in")
    #expect(try Tool("file", [input.string]).run().text.contains("bakery"))
  }

  @Test("a kernel's dump is named as one, and its processors are no threads of a process")
  func kernelDump() throws {
    let folder = try ScratchFolder(in: .memory)
    let built = ForeignCore.kernelDump.builder.build()
    let input = try folder.write(built.cut(to: built.segmentRanges[2].lowerBound + 100), to: "in")
    let text = try Tool.coresalvage("inspect", input.string).run().text
    #expect(text.contains("crash(8)") && text.contains("Processors: 2"), "\(text)")
    #expect(!text.contains("pid 3519") && !text.contains("rlimit"), "\(text)")
    let report = try Tool.coresalvage("--dry-run", input.string).runSuccessfully().text
    #expect(report.contains("2 processors, registers saved"), "\(report)")
  }

  @Test("valgrind's process with id 0 has the id of its only thread, and none where it has two")
  func valgrindID() throws {
    let folder = try ScratchFolder(in: .memory)
    var core = ForeignCore.valgrind
    let two = try folder.write(core.builder.build().bytes, to: "two")
    core.builder.notes.removeLast(2)
    let one = try folder.write(core.builder.build().bytes, to: "one")
    for command in [["inspect"], ["--dry-run"]] {
      #expect(try Tool.coresalvage(command + [one.string]).run().text.contains("pid 700"))
      #expect(!(try Tool.coresalvage(command + [two.string]).run().text.contains("pid")))
    }
  }

  @Test("a user whose halves qemu-user swapped is not named")
  func swappedUser() throws {
    let folder = try ScratchFolder(in: .memory)
    for (user, isNamed) in [(1234, true), (1234 << 16, false)] as [(UInt32, Bool)] {
      var builder = CoreBuilder.typical(.ppc64, threads: 0)
      builder.notes = [
        .thread(321, of: .ppc64),
        .process(321, name: "bakery", arguments: "bakery", user: user, of: .ppc64),
      ]
      let path = try folder.write(builder.build().bytes, to: "in")
      let text = try Tool.coresalvage("inspect", path.string).run().text
      #expect(text.contains("user \(user)") == isNamed, "\(text)")
    }
  }

  @Test("the reason for a missing link map is what is so: NT_FILE lost, or never there")
  func linkMapReason() throws {
    let folder = try ScratchFolder(in: .memory)
    let built = ForeignCore.qemuUser.builder.build()
    let whole = built.cut(to: built.segmentRanges[2].lowerBound + 100)
    let never = try Tool.coresalvage(
      "--dry-run", try folder.write(whole, to: "in").string
    ).run().text
    #expect(never.contains("no link map: the core has no NT_FILE"), "\(never)")
    // Cut right behind NT_AUXV: an NT_FILE may have followed.
    let cut = built.cut(to: built.noteRanges[3].lowerBound)
    let lost = try Tool.coresalvage("--dry-run", try folder.write(cut, to: "cut").string).run().text
    #expect(lost.contains("no link map: NT_FILE is not among the notes that survived"), "\(lost)")
  }

  @Test("what the user names as lost is not called cut")
  func named() throws {
    let folder = try ScratchFolder(in: .memory)
    let core = try folder.write(CoreBuilder.typical().build().bytes, to: "in")
    let result = try Tool.coresalvage(
      "--lost-range", "0x100:0x1000000000000", core.string, folder.file("out").string
    ).run()
    #expect(result.status == 2)
    #expect(result.errorText.contains("named as lost"), "\(result)")
    #expect(!result.errorText.contains("cut"), "\(result)")
  }

  @Test(
    "signal 10 has the machine's own name wherever a signal is printed",
    arguments: [
      (2, "SIGBUS"), (8, "SIGBUS"), (15, "SIGBUS"), (43, "SIGBUS"), (0x9026, "SIGBUS"),
      (20, "SIGUSR1"),
    ] as [(UInt16, String)])
  func signals(machine number: UInt16, name: String) throws {
    var machine = BuilderMachine.ppc
    machine.number = number
    var builder = CoreBuilder.typical(machine, threads: 0)
    builder.notes = [
      .thread(5, signal: 10, of: machine), .process(5, name: "a", arguments: "a", of: machine),
    ]
    let folder = try ScratchFolder(in: .memory)
    let core = try folder.write(builder.build().bytes, to: "in").string
    let page = folder.file("page").string
    let texts = [
      try Tool.coresalvage("--dry-run", core).run().text,
      try Tool.coresalvage("inspect", core).run().text,
      try Tool.coresalvage("inspect", "--json", core).run().text,
      try {
        _ = try Tool.coresalvage("inspect", core, "--html", page).run()
        return String(decoding: try ReferenceSource.contents(of: FilePath(page)), as: UTF8.self)
      }(),
    ]
    let other = name == "SIGBUS" ? "SIGUSR1" : "SIGBUS"
    for text in texts {
      #expect(text.contains(name) && !text.contains(other), "\(text.prefix(2000))")
      #expect(!text.contains("don't know") && !text.contains("\"machine\":null"))
    }
  }

  @Test("a machine whose registers are not read says that, and not that they are unknown or lost")
  func unreadRegisters() throws {
    var machine = BuilderMachine.x86_64
    machine.number = 0x9026
    let folder = try ScratchFolder(in: .memory)
    let core = try folder.write(CoreBuilder.typical(machine).build().bytes, to: "in")
    let text = try Tool.coresalvage("inspect", core.string).run().text
    #expect(text.contains("alpha"))
    #expect(text.contains("Threads: 3; registers saved, not read on this machine"), "\(text)")
  }
}
