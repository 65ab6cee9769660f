import SystemPackage
import TestSupport
import Testing

@Suite("The scripts for debuggers")
struct InspectDebuggerTests {
  private static let share = Tool.packageRoot.appending("share")

  /// A core that was cut in a thread's stack, repaired.
  private static func repaired(in folder: ScratchFolder) throws -> FilePath {
    let core = try SampleCores.fixture("bakery.fsize-mid-stack.core", into: folder)
    let output = folder.file("repaired.core")
    try Tool.coresalvage(core.string, output.string).runSuccessfully()
    return output
  }

  @Test(
    "gdb warns of a repaired core, lists what is lost, and which pointers go there", .needs(.gdb))
  func gdb() throws {
    let folder = try ScratchFolder()
    let core = try Self.repaired(in: folder)
    let script = Self.share.appending("gdb/coresalvage.py")
    let result = try Tool(
      "gdb",
      [
        "-nx", "-batch", "-iex", "set debuginfod enabled off", "-iex", "source \(script)", "-ex",
        "coresalvage lost", "--core=\(core)",
      ]
    ).run()
    #expect(result.text.contains("repaired by coresalvage"))
    #expect(result.text.contains("0x00007f57bea00000-0x00007f57bf200000"))
    #expect(result.text.contains("thread 10793, $rsp = 0x7f57bf1fee70: lost"))
    #expect(result.text.contains("stack slot"))
    #expect(!result.text.contains("Traceback"))
  }

  @Test("gdb says nothing of a core that was never repaired", .needs(.gdb))
  func gdbOfWhole() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("clock-static.whole.core", into: folder)
    let script = Self.share.appending("gdb/coresalvage.py")
    let result = try Tool(
      "gdb", ["-nx", "-batch", "-iex", "source \(script)", "-ex", "bt 1", "--core=\(core)"]
    ).run()
    #expect(!result.text.contains("coresalvage:"))
    #expect(!result.text.contains("Traceback"))
  }

  @Test("lldb lists what is lost, and which pointers go there", .needs(.tool("lldb-19")))
  func lldb() throws {
    let folder = try ScratchFolder()
    let core = try Self.repaired(in: folder)
    let script = Self.share.appending("lldb/coresalvage.py")
    let result = try Tool(
      "lldb-19",
      [
        "-x", "-b", "-O", "command script import \(script)", "-c", core.string, "-o",
        "coresalvage lost",
      ]
    ).run()
    #expect(result.text.contains("0x00007f57bea00000-0x00007f57bf200000"))
    #expect(result.text.contains("thread 10793, $rsp = 0x7f57bf1fee70: lost"))
    #expect(!result.text.contains("Traceback"))
  }
}
