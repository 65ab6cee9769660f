import Glibc
import SystemPackage
import TestSupport
import Testing

/// Real crashes, which the kernel hands over by its socket.
@Suite("capture serve", .serialized, .needs(.socketCores, .gcc))
struct CaptureServeTests {
  private static func inspect(_ core: FilePath) throws -> ParsedJSON {
    try ParsedJSON(try Tool.coresalvage("inspect", "--json", core.string).run().text)
  }

  /// Expects all that the victim has filled in a core, and `check` to say so.
  private static func expectWhole(
    _ core: FilePath, of victim: CaptureVictim, _ location: SourceLocation = #_sourceLocation
  ) throws {
    let found = try victim.check(core)
    #expect(found.missing == 0 && found.wrong == 0, "\(found)", sourceLocation: location)
    let check = try Tool.coresalvage("check", core.string).run()
    #expect(check.ending == .exit(0), "\(check)", sourceLocation: location)
    let lost = try ReferenceCore(contentsOf: core).lost()?.entries
    #expect(lost == [], sourceLocation: location)
  }

  /// Expects gdb to name all frames of all threads.
  private static func expectFrames(_ core: FilePath, threads: Int) throws {
    let view = try GDB(core, program: try CaptureVictim.program.get().path).view()
    #expect(view.opensCleanly && view.threads.count == threads + 1, "\(view.result)")
    let names = view.backtraces.values.joined()
    #expect(names.count { $0 == "deeper" } == 9 * threads, "\(view.result)")
    #expect(names.count { $0 == "innermost" } == threads && names.contains("main"))
  }

  @Test(
    "takes the guards of stacks, which nobody can read, for what the kernel dumps of them: zeros",
    .needs(.guardRegions))
  func guards() throws {
    let folder = try ScratchFolder()
    let program = try CrashProgram.compile(["neighbours.c"], to: "program", in: folder)
    let daemon = try CaptureDaemon(in: folder)
    var tool = Tool(program.string, ["full"])
    tool.limits["core"] = "unlimited"
    let result = try daemon.whileServing { try tool.run() }
    guard case .signal(SIGSEGV, _) = result.ending else {
      throw ReferenceError("\(tool.commandLine) did not crash: \(result)")
    }
    let core = try daemon.core()
    #expect(try ReferenceCore(contentsOf: core).lost()?.entries == [])
    let text = try Tool.coresalvage("inspect", core.string).run().text
    #expect(text.contains(": whole, captured") && text.contains("in its guard page"), "\(text)")
  }

  @Test("keeps all memory, no secret, and allocates none for the process", .needs(.gdb))
  func undisturbed() throws {
    let folder = try ScratchFolder()
    let daemon = try CaptureDaemon(in: folder)
    let victim = try CaptureVictim(megabytes: 24, in: folder)
    let memory = try victim.memoryFile()
    defer { try? memory.close() }
    var (before, after) = (stat(), stat())
    fstat(memory.rawValue, &before)
    try daemon.take(victim)
    let core = try daemon.core()
    fstat(memory.rawValue, &after)
    #expect(before.st_blocks == after.st_blocks && before.st_blocks * 512 < 16 << 20)
    try Self.expectWhole(core, of: victim)
    try Self.expectFrames(core, threads: 4)
    let secret = try Tool("grep", ["-qaF", "SECRET-THAT-STAYS-OUT", core.string]).run()
    #expect(secret.ending == .exit(1))
    let json = try Self.inspect(core)
    #expect(json["whole"]?.bool == true)
    #expect(json["capture"]?["kill"]?.value == .null, "\(json)")
    #expect(try FileTree.status(core).st_mode & 0o7777 == 0o600)
    let ended = try daemon.end()
    #expect(ended.ending == .exit(0), "\(ended)")
    #expect(ended.errorText.hasPrefix("captured victim (pid \(victim.processID)): whole"))
    #expect(!FileTree.exists(daemon.socket))
  }

  /// Runs what `capture info` prints, as it is printed.
  private static func expectNextCommand(_ store: FilePath) throws {
    let info = try Tool.coresalvage("capture", "info", "--store", store.string).runSuccessfully()
    let lines = info.text.split(separator: "\n").filter { $0.hasPrefix("next: ") }
    let next = try #require(lines.first?.dropFirst(6), "\(info)")
    #expect(lines.count == 1 && !info.text.contains("needs: "), "\(info)")
    var tool = Tool("bash", ["-c", String(next)])
    tool.environment = ["HOME": store.string, "DEBUGINFOD_URLS": nil]
    tool.input = .bytes(Array("set width 0\nset height 0\nthread apply all bt\n".utf8))
    let gdb = try tool.run()
    #expect(gdb.ending == .exit(0), "\(gdb)")
    #expect(gdb.text.split(separator: "\n").count { $0.contains(" start_thread (") } >= 3, "\(gdb)")
  }

  enum Kill: String, CaseIterable { case signal, cgroup }

  @Test(
    "keeps all memory of a process that is killed meanwhile, and names who did it",
    .needs(.path("/sys/kernel/tracing/instances")), arguments: Kill.allCases)
  func killed(_ kind: Kill) throws {
    let folder = try ScratchFolder()
    let daemon = try CaptureDaemon(in: folder)
    let victim = try CaptureVictim(megabytes: 64, in: folder)
    let memory = try victim.memoryFile()
    defer { try? memory.close() }
    let group = try kind == .cgroup ? ControlGroup(with: victim.processID) : nil
    try daemon.take(victim) {
      // From its first instant on the core's memory is held.
      _ = try daemon.coreUnderWork()
      if let group { try group.kill() } else { kill(victim.processID, SIGKILL) }
    }
    let core = try daemon.core()
    try Self.expectWhole(core, of: victim)
    var status = stat()
    fstat(memory.rawValue, &status)
    #expect(status.st_blocks * 512 < 16 << 20, "its holes were filled")
    let found = try #require(try Self.inspect(core)["capture"]?["kill"], "not seen as killed")
    #expect(found["kind"]?.string == kind.rawValue)
    #expect(found["senders"]?.array?.first?["pid"]?.number == Double(getpid()), "\(found)")
    try daemon.end()
  }

  @Test(
    "that is killed leaves a core that opens, and the next one brings it to its end", .needs(.gdb))
  func daemonKilled() throws {
    let folder = try ScratchFolder()
    let daemon = try CaptureDaemon(in: folder)
    let victim = try CaptureVictim(megabytes: 256, in: folder)
    try daemon.take(victim) {
      _ = try daemon.coreUnderWork(of: 24 << 20)
      try daemon.end(by: SIGKILL)
    }
    let half = try #require(try daemon.unfinished().first)
    #expect(try daemon.finished().isEmpty)
    try Self.expectFrames(half, threads: 4)
    #expect(try victim.check(half).wrong == 0)
    try daemon.start()
    let core = try daemon.core()
    #expect(try daemon.unfinished().isEmpty)
    try Self.expectFrames(core, threads: 4)
    #expect(try ReferenceCore(contentsOf: core).contradictions() == [])
    let found = try victim.check(core)
    #expect(found.wrong == 0 && found.missing > 0, "\(found)")
    let json = try Self.inspect(core)
    #expect(json["capture"]?["interrupted"]?.bool == true, "\(json)")
    #expect(json["lost"]?.array?.isEmpty == false)
    try Self.expectNextCommand(daemon.store)
    FileTree.remove(core)
    let next = try CaptureVictim(megabytes: 1, named: "next", in: folder)
    try daemon.take(next)
    try Self.expectWhole(daemon.core(), of: next)
    try daemon.end()
  }

  @Test("that is asked to end finishes what is under way")
  func asked() throws {
    let folder = try ScratchFolder()
    let daemon = try CaptureDaemon(in: folder)
    let victim = try CaptureVictim(megabytes: 64, in: folder)
    try daemon.take(victim) {
      _ = try daemon.coreUnderWork()
      let ended = try daemon.end()
      #expect(ended.ending == .exit(0), "\(ended)")
      // It is there by now, not later.
      try Self.expectWhole(#require(daemon.finished().first), of: victim)
    }
  }

  @Test("that is asked to end serves the crashes first that wait for it")
  func askedWhileOthersWait() throws {
    let folder = try ScratchFolder()
    let daemon = try CaptureDaemon(in: folder)
    let victims = try (0..<5).map {
      try CaptureVictim(threads: 1, megabytes: 1, named: "list-\($0)", in: folder)
    }
    try daemon.whileServing {
      daemon.send(SIGSTOP)
      defer { daemon.send(SIGCONT) }
      for victim in victims { victim.crash() }
      for victim in victims {
        let status = FilePath("/proc/\(victim.processID)/status")
        let isDumped = try Patience.wait(5) {
          String(decoding: try ReferenceSource.contents(of: status), as: UTF8.self)
            .contains("CoreDumping:\t1")
        }
        #expect(isDumped)
      }
      // Then nothing keeps the kernel from connecting.
      usleep(100_000)
      daemon.send(SIGTERM)
      daemon.send(SIGCONT)
      for victim in victims { try victim.wait() }
    }
    let ended = try daemon.wait()
    #expect(ended.ending == .exit(0), "\(ended)")
    #expect(try daemon.finished().count == 5, "\(ended)")
  }

  @Test("serves the kernel alone")
  func stranger() throws {
    let folder = try ScratchFolder()
    let daemon = try CaptureDaemon(in: folder)
    let script = """
      import socket, sys
      for words in b"", bytes([16, 0, 0, 0, 16, 0, 0, 0, 15] + [0] * 7), b"\\x7fELF" * 4096:
          s = socket.socket(socket.AF_UNIX)
          s.settimeout(2)
          s.connect(sys.argv[1])
          try:
              s.sendall(words)
              print(len(s.recv(1)))
          except (BrokenPipeError, ConnectionResetError):
              print(0)
      """
    let result = try Tool("python3", ["-c", script, daemon.socket.string]).run()
    #expect(result.text == "0\n0\n0\n", "\(result)")
    #expect(try daemon.finished().isEmpty && daemon.unfinished().isEmpty)
    let victim = try CaptureVictim(megabytes: 1, in: folder)
    try daemon.take(victim)
    try Self.expectWhole(daemon.core(), of: victim)
    try daemon.end()
  }

  @Test("without room keeps what it could, and says what it couldn't", .needs(.mounts))
  func noRoom() throws {
    let folder = try ScratchFolder()
    let place = try folder.makeFolder("small")
    try Tool("mount", ["-t", "tmpfs", "-o", "size=8m", "none", place.string]).runSuccessfully()
    defer { _ = try? Tool("umount", [place.string]).run() }
    let daemon = try CaptureDaemon(store: place.appending("store"), in: folder)
    let victim = try CaptureVictim(megabytes: 16, in: folder)
    try daemon.take(victim)
    let core = try daemon.core()
    let reference = try ReferenceCore(contentsOf: core)
    #expect(reference.threads.count == 5)
    #expect(try reference.contradictions() == [])
    let lost = try #require(try reference.lost()).entries
    #expect(lost.contains { $0.cause == 9 })
    let found = try victim.check(core)
    #expect(found.wrong == 0 && found.missing > 0, "\(found)")
    try Self.expectHonest(core, of: victim)
    let json = try Self.inspect(core)
    let causes = Set(json["lost"]?.array?.compactMap { $0["cause"]?.string } ?? [])
    #expect(causes == ["no room when it was captured"], "\(causes)")
    let ended = try daemon.end()
    #expect(ended.ending == .exit(0), "\(ended)")
  }

  @Test(
    "on a disk that fills up at any state leaves a core that is honest, or says that there is none",
    .needs(.mounts), arguments: [32, 64, 128, 192, 256, 384, 512, 768, 1024, 2048])
  func fullDisk(kilobytes: Int) throws {
    let folder = try ScratchFolder()
    let place = try folder.makeFolder("small")
    let words = ["-t", "tmpfs", "-o", "size=\(kilobytes)k", "none", place.string]
    try Tool("mount", words).runSuccessfully()
    defer { _ = try? Tool("umount", [place.string]).run() }
    let daemon = try CaptureDaemon("--keep-free", "0", store: place.appending("store"), in: folder)
    let victim = try CaptureVictim(megabytes: 4, in: folder)
    try daemon.take(victim)
    let ended = try daemon.end()
    #expect(try daemon.unfinished() == [], "\(ended)")
    guard let core = try daemon.finished().first else {
      #expect(ended.errorText.contains("not captured victim (pid \(victim.processID)): "))
      #expect(ended.errorText.contains("o space left") && kilobytes < 512, "\(ended)")
      return
    }
    let reference = try ReferenceCore(contentsOf: core)
    #expect(reference.threads.count == 5)
    #expect(try reference.contradictions() == [])
    try Self.expectHonest(core, of: victim)
    let found = try victim.check(core)
    #expect(found.wrong == 0 && found.missing > 0, "\(found)")
    #expect(ended.errorText.contains("of its memory lost"), "\(ended)")
  }

  @Test("lets the process go early, and has all its memory all the same")
  func early() throws {
    let folder = try ScratchFolder()
    let daemon = try CaptureDaemon("--release", "early", in: folder)
    let victim = try CaptureVictim(megabytes: 128, in: folder)
    try daemon.take(victim)
    #expect(try daemon.finished().isEmpty, "it was waited for")
    let core = try daemon.core()
    try Self.expectWhole(core, of: victim)
    let steps = try Self.inspect(core)["capture"]?["steps"]?.array?.compactMap {
      $0["state"]?.string
    }
    #expect(
      steps == [
        "accepted", "pinned", "noted", "born", "released", "near", "linked", "small", "done",
      ])
    try daemon.end()
  }

  /// Expects each page that was filled to be there or to be listed as lost.
  private static func expectHonest(_ core: FilePath, of victim: CaptureVictim) throws {
    let reference = try ReferenceCore(contentsOf: core)
    let lost = try #require(try reference.lost()).entries
    for range in try victim.filled() {
      var position = range.lowerBound
      while position < range.upperBound {
        let segment = reference.loads.first { $0.readableRange.contains(position) }
        let loss = lost.first { $0.range.contains(position) }
        guard let end = segment?.readableRange.upperBound ?? loss?.range.upperBound else {
          Issue.record("neither there nor lost: \(position)")
          return
        }
        position = end
      }
    }
  }

  /// - Parameter delay: how many microseconds after the crash; nil for once there is a core.
  @Test(
    "that keeps no memory alive tells no lie of what a kill took",
    arguments: [0, 500, 1000, 2000, 4000, nil] as [UInt32?])
  func noPin(delay: UInt32?) throws {
    let folder = try ScratchFolder()
    let daemon = try CaptureDaemon("--no-pin", in: folder)
    let victim = try CaptureVictim(megabytes: 64, in: folder)
    try daemon.take(victim) {
      if let delay { usleep(delay) } else { _ = try daemon.coreUnderWork() }
      kill(victim.processID, SIGKILL)
    }
    let ended = try daemon.end()
    #expect(ended.ending == .exit(0), "\(ended)")
    #expect(try daemon.unfinished().isEmpty)
    guard let core = try daemon.finished().first else {
      // It was gone before there was anything to keep.
      #expect(delay != nil && !ended.errorText.hasPrefix("captured"), "\(ended)")
      return
    }
    let check = try Tool.coresalvage("check", core.string).run()
    guard !ended.errorText.contains("was gone before") else {
      #expect(check.ending != .exit(0))
      return
    }
    let found = try victim.check(core)
    #expect(found.wrong == 0, "\(found)")
    #expect((check.ending == .exit(0)) == (found.missing == 0), "\(check)")
    try Self.expectHonest(core, of: victim)
  }

  @Test("takes 20 crashes at once, all of them whole")
  func storm() throws {
    let folder = try ScratchFolder()
    let daemon = try CaptureDaemon(in: folder)
    let victims = try (0..<20).map {
      try CaptureVictim(threads: 2, megabytes: 1, named: "list-\($0)", in: folder)
    }
    try daemon.whileServing {
      for victim in victims { victim.crash() }
      for victim in victims { try victim.wait() }
    }
    try daemon.end()
    let cores = try daemon.finished()
    #expect(cores.count == 20)
    for victim in victims {
      let own = cores.filter { $0.string.contains(".\(victim.processID).") }
      try Self.expectWhole(#require(own.first), of: victim)
    }
  }
}
