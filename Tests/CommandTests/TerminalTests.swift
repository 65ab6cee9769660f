import Glibc
import SystemPackage
import Testing
import TestSupport

/// What is shown on a terminal while the work goes on, and never in a pipe.
@Suite("progress", .serialized)
struct TerminalTests {
  /// Repairs the large core and stops it for more than a second on its way, so that it takes longer than that.
  private func stoppedRun(_ errorOutput: Tool.Output, attempt: Int) throws -> ToolResult {
    let core = try SharedCores.large()
    let folder = try ScratchFolder()
    let input = try core.cut(at: try core.size - 5000, in: folder)
    var tool = Tool.coresalvage(input.string, folder.file("out").string, "--sparse", "never")
    tool.errorOutput = errorOutput
    let running = try RunningTool(tool)
    usleep(UInt32(8_000 + 6_000 * attempt))
    running.send(SIGSTOP)
    usleep(1_300_000)
    running.send(SIGCONT)
    let result = try running.finish()
    #expect(result.ending == .exit(0), "\(result)")
    return result
  }

  @Test(
    "is a line with bytes, rate and time left on a terminal, taken away at the end",
    .needs(.kernelCores, .gcc))
  func isShown() throws {
    for attempt in 0..<12 {
      let result = try stoppedRun(.terminal, attempt: attempt)
      guard !result.errorOutput.isEmpty else { continue }
      let shown = result.errorText
      #expect(shown.contains("%") && shown.contains(" of ") && shown.contains("/s"), "\(result)")
      #expect(shown.contains(" left"), "\(result)")
      #expect(shown.hasSuffix("\r\u{1b}[K"), "\(result)")
      #expect(!shown.contains("\n"))
      return
    }
    Issue.record("no run was stopped at a moment when progress was still to be shown")
  }

  @Test("is not shown in a pipe, however long it takes", .needs(.kernelCores, .gcc))
  func notInPipe() throws {
    let result = try stoppedRun(.pipe, attempt: 3)
    #expect(result.errorOutput.isEmpty)
  }

  @Test("is not shown for work of less than a second")
  func notForShortWork() throws {
    let folder = try ScratchFolder()
    let input = try folder.write(CoreBuilder.typical().build().cut(to: 20_000), to: "in")
    var tool = Tool.coresalvage(input.string, folder.file("out").string)
    tool.errorOutput = .terminal
    tool.output = .terminal
    let result = try tool.run()
    #expect(result.ending == .exit(0) && result.errorOutput.isEmpty, "\(result)")
    #expect(!result.output.contains(0x1b))
  }
}
