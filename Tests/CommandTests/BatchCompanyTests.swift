import Glibc
import SystemPackage
import Testing
import TestSupport

/// A batch that is not alone, or is ended before its time.
@Suite("batches", .serialized)
struct BatchCompanyTests {
  private static func batch(_ crowd: BatchCrowd, _ output: FilePath, _ more: String...) -> Tool {
    Tool.coresalvage(
      ["batch", crowd.input.string, "-o", output.string, "-r", "--json"] + more)
  }

  /// Runs several at once. What they print goes into files: one that waits for us to read would let the others wait.
  private static func start(_ tools: [Tool], _ folder: ScratchFolder) throws -> [RunningTool] {
    try tools.enumerated().map { number, tool in
      var tool = tool
      tool.output = .file(folder.file("told-\(number)"))
      return try RunningTool(tool)
    }
  }

  private static func finish(
    _ running: [RunningTool], _ folder: ScratchFolder
  ) throws -> [BatchOutput] {
    try running.enumerated().map { number, running in
      var result = try running.finish()
      #expect(result.ending == .exit(1) && !result.timedOut, "\(result)")
      result.output = try ReferenceSource.contents(of: folder.file("told-\(number)"))
      return try BatchOutput(result)
    }
  }

  @Test("of several processes at once do every core once, and right", arguments: [2, 8])
  func together(count: Int) throws {
    let crowd = try BatchCrowd(cuts: 140)
    let output = crowd.folder.file("out")
    let tools = (0..<count).map { _ in Self.batch(crowd, output, "--jobs", "2") }
    let told = try Self.finish(Self.start(tools, crowd.folder), crowd.folder)
    let repaired = told.reduce(0) { $0 + ($1.count("repaired") ?? 0) }
    #expect(repaired == crowd.due.count)
    for one in told {
      #expect((one.count("repaired") ?? 0) + (one.count("present") ?? 0) == crowd.due.count)
      #expect(one.count("failed") == 0)
    }
    let problems = try crowd.problems(of: output)
    #expect(problems.isEmpty, "\(problems.prefix(5))")
  }

  @Test("finish the files of one that was killed, in the same run")
  func killedCompanion() throws {
    let crowd = try BatchCrowd(cuts: 140)
    let output = crowd.folder.file("out")
    var interrupted = 0
    for round in 0..<3 {
      let victim = try RunningTool(Self.batch(crowd, output, "--jobs", "2"))
      usleep(UInt32(40_000 + round * 50_000))
      // Stopped, it holds its claims until it is killed; the others wait for it.
      victim.send(SIGSTOP)
      let others = try Self.start(
        [Self.batch(crowd, output), Self.batch(crowd, output)], crowd.folder)
      usleep(300_000)
      victim.send(SIGKILL)
      let result = try victim.finish()
      if result.ending == .signal(SIGKILL, dumpedCore: false) { interrupted += 1 }
      _ = try Self.finish(others, crowd.folder)
      // If the others had ended before it was killed, they had not waited for it: then it had claimed no file, and
      // the mark that says who it was is left to the next run.
      let problems = try crowd.problems(of: output)
      let unfinished = problems.filter { !$0.contains(".coresalvage-owner-") }
      #expect(unfinished.isEmpty, "round \(round): \(unfinished.prefix(5))")
      _ = try Self.finish(Self.start([Self.batch(crowd, output)], crowd.folder), crowd.folder)
      let left = try crowd.problems(of: output)
      #expect(left.isEmpty, "round \(round): \(left.prefix(5))")
      FileTree.remove(output)
    }
    #expect(interrupted > 0)
  }

  @Test("that are interrupted at random moments and run again end as one undisturbed run does")
  func interrupted() throws {
    let crowd = try BatchCrowd(cuts: 200)
    let output = crowd.folder.file("out")
    var random = SeededGenerator(for: "moments of interruption")
    var endings: [Int32: Int] = [:]
    for signal in [SIGKILL, SIGINT, SIGTERM, SIGKILL, SIGKILL, SIGTERM, SIGINT, SIGHUP] {
      let running = try RunningTool(Self.batch(crowd, output, "--jobs", "2"))
      usleep(UInt32.random(in: 5_000...250_000, using: &random))
      let before = ContinuousClock.now
      running.send(signal)
      let result = try running.finish()
      guard case .signal(let number, _) = result.ending else { continue }
      #expect(number == signal)
      endings[signal, default: 0] += 1
      #expect(ContinuousClock.now - before < .seconds(1))
      // Under a final name there is only what is whole.
      let left = try crowd.problems(of: output).filter { !$0.hasSuffix("is missing") }
      let marked = left.filter { $0.contains(".coresalvage-") }
      #expect(left == marked, "\(left.prefix(5))")
      if signal != SIGKILL { #expect(left.count <= marked.count) }
    }
    #expect(!endings.isEmpty)
    let last = try Self.batch(crowd, output).run()
    #expect(last.ending == .exit(1), "\(last)")
    let problems = try crowd.problems(of: output)
    #expect(problems.isEmpty, "\(problems.prefix(5))")
  }

  @Test(
    "leave a fresh claim of another machine alone until it is given up, and take a stale one over")
  func foreignClaims() throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let output = try folder.makeFolder("out")
    for name in ["fresh", "stale"] {
      try folder.write(
        Array(CoreBuilder.typical().build().bytes.dropLast(9000)), to: "in/\(name)")
      let claim = Array(
        "coresalvage claim 1\nhost far\nboot other\nnamespace pid:[1]\nprocess 1\nstart 2\n".utf8)
      try folder.write(claim, to: "out/.\(name).coresalvage-claim")
    }
    try Tool(
      "touch", ["-d", "2 minutes ago", output.appending(".stale.coresalvage-claim").string]
    ).runSuccessfully()
    try Tool("touch", [output.appending(".fresh.coresalvage-claim").string]).runSuccessfully()
    let running = try RunningTool(
      Tool.coresalvage("batch", input.string, "-o", output.string, "--json"))
    let deadline = ContinuousClock.now + .seconds(10)
    while !FileTree.exists(output.appending("stale")), ContinuousClock.now < deadline {
      usleep(20_000)
    }
    usleep(400_000)
    #expect(FileTree.exists(output.appending("stale")))
    #expect(!FileTree.exists(output.appending("fresh")))
    FileTree.remove(output.appending(".fresh.coresalvage-claim"))
    let result = try running.finish()
    #expect(result.ending == .exit(0), "\(result)")
    #expect(try FileTree.names(in: output) == ["fresh", "stale"])
  }
}
