import Glibc
import SystemPackage
import Testing
import TestSupport

/// The command ended from outside while it writes.
@Suite("a command that is killed", .serialized)
struct KillTests {
  private struct Setting {
    let folder: ScratchFolder
    let input: FilePath
    let inputBytes: [UInt8]
    let whole: ReferenceCore
    let size: UInt64
    /// How long an undisturbed run takes.
    let duration: Duration

    init() throws {
      try Need.require(.kernelCores, .gcc)
      let core = try SharedCores.large()
      folder = try ScratchFolder()
      whole = try core.reference
      size = whole.source.length - 100_000
      input = try core.cut(at: size, in: folder)
      inputBytes = try ReferenceSource.contents(of: input)
      duration = try Tool.coresalvage(input.string, folder.file("timing").string)
        .runSuccessfully().duration
      FileTree.remove(folder.file("timing"))
    }

    /// Kills a run after a part of its time, and gives its ending and the names it left.
    func run(killedBy signal: Int32, after share: Double, into name: String) throws -> (
      result: ToolResult, left: [String]
    ) {
      let before = Set(try folder.names())
      var tool = Tool.coresalvage(input.string, folder.file(name).string, "--sparse", "never")
      tool.timeout = duration * share
      tool.timeoutSignal = signal
      let result = try tool.run()
      return (result, try folder.names().filter { !before.contains($0) })
    }
  }

  @Test("by SIGKILL leaves no output unless it is complete, and the input as it was")
  func sigkill() throws {
    let setting = try Setting()
    var random = SeededGenerator(for: "moments of SIGKILL")
    var killed = 0
    // Where others are at work on the machine, most of the first may have ended before.
    for round in 0..<150 where round < 30 || killed <= 5 {
      let name = "out-\(round)"
      let share = Double.random(in: 0.02...1.1, using: &random)
      let (result, left) = try setting.run(killedBy: SIGKILL, after: share, into: name)
      if result.ending != .exit(0) { killed += 1 }
      for file in left where file != name {
        #expect(file.hasPrefix(".\(name).coresalvage-"), "\(file) can't be told")
        #expect(try FileTree.status(setting.folder.file(file)).st_mode & 0o077 == 0)
        FileTree.remove(setting.folder.file(file))
      }
      let output = setting.folder.file(name)
      #expect(left.contains(name) || result.ending != .exit(0))
      guard left.contains(name) else { continue }
      let core = try ReferenceCore(contentsOf: output)
      let problems = try CutVerdict.problems(of: core, from: setting.whole, cutTo: setting.size)
      #expect(problems.isEmpty, "round \(round): \(problems)")
      FileTree.remove(output)
    }
    #expect(killed > 5, "only \(killed) runs were killed in time")
    let now = try ReferenceSource.contents(of: setting.input)
    #expect(now.isIdentical(to: setting.inputBytes))
  }

  @Test(
    "by SIGTERM, SIGINT or SIGHUP leaves nothing half-written, and ends by that signal",
    arguments: [SIGTERM, SIGINT, SIGHUP])
  func gentleSignals(signal: Int32) throws {
    let setting = try Setting()
    var ended = 0
    let shares = [0.3, 0.5, 0.7, 0.9]
    // As above: a busy machine may have let the first ones end.
    for round in 0..<40 where round < shares.count || ended == 0 {
      let share = round < shares.count ? shares[round] : 0.1
      let (result, left) = try setting.run(killedBy: signal, after: share, into: "out-\(round)")
      if case .signal(let number, _) = result.ending {
        #expect(number == signal)
        ended += 1
        // It may also come between the last rename and the end of the process: then the output is whole.
        #expect(left.isEmpty || left == ["out-\(round)"], "\(left)")
        if !left.isEmpty {
          let core = try ReferenceCore(contentsOf: setting.folder.file("out-\(round)"))
          #expect(
            try CutVerdict.problems(of: core, from: setting.whole, cutTo: setting.size).isEmpty)
          FileTree.remove(setting.folder.file("out-\(round)"))
        }
      } else {
        #expect(left == ["out-\(round)"], "\(left), \(result)")
        FileTree.remove(setting.folder.file("out-\(round)"))
      }
    }
    #expect(ended > 0)
  }
}
