import SystemPackage
import TestSupport
import Testing

/// The launch lines of editors, as their debug adapters carry them out.
@Suite("the launch lines of share/editors")
struct EditorTests {
  /// A folder that is a workspace, with a program and its repaired core, and the lines with its paths.
  private struct Workspace {
    let folder: ScratchFolder
    let configurations: [ParsedJSON]

    init() throws {
      folder = try ScratchFolder()
      let core = try SampleCores.fixture("bakery.rlimit-libraries.core", into: folder)
      let bin = SampleCores.fixtures.appending("bin")
      try Tool("cp", [bin.appending("bakery").string, folder.file("program").string])
        .runSuccessfully()
      try Tool("cp", [bin.appending("liboven.so").string, folder.path.string]).runSuccessfully()
      try Tool.coresalvage(
        "-q", "--program", folder.file("program").string, core.string,
        folder.file("out.core").string
      ).runSuccessfully()
      let bytes = try ReferenceSource.contents(
        of: Tool.packageRoot.appending("share/editors/launch.json"))
      let text = String(decoding: bytes, as: UTF8.self).split(
        separator: "${workspaceFolder}", omittingEmptySubsequences: false
      ).joined(separator: folder.path.string)
      configurations = try #require(try ParsedJSON(text)["configurations"]?.array)
    }

    func configuration(_ type: String) throws -> ParsedJSON {
      try #require(configurations.first { $0["type"]?.string == type })
    }
  }

  /// What the adapter of the C/C++ extension (MIEngine) sends for a core: the setup commands, the program, then the core.
  @Test("for the C/C++ extension open the core in gdb", .needs(.gdb))
  func cppdbg() throws {
    let workspace = try Workspace()
    let line = try workspace.configuration("cppdbg")
    #expect(line["request"]?.string == "launch" && line["MIMode"]?.string == "gdb")
    let program = try #require(line["program"]?.string)
    let core = try #require(line["coreDumpPath"]?.string)
    let setup = try #require(line["setupCommands"]?.array).compactMap { $0["text"]?.string }
    #expect(!setup.isEmpty)
    let commands =
      setup.map { "-interpreter-exec console \"\($0)\"" }
      + [
        "-file-exec-and-symbols \(program)", "-target-select core \(core)", "-stack-list-frames",
        "-gdb-exit",
      ]
    var tool = Tool("gdb", ["-nx", "-q", "--interpreter=mi"])
    tool.environment = ["DEBUGINFOD_URLS": nil]
    tool.input = .bytes(Array(commands.joined(separator: "\n").utf8) + [10])
    let result = try tool.runSuccessfully()
    #expect(result.text.contains("func=\"serve_customer\""), "\(result)")
    #expect(!result.text.contains("^error"), "\(result)")
  }

  @Test("for CodeLLDB open the core in lldb", .needs(.tool("lldb-19")))
  func codeLLDB() throws {
    let workspace = try Workspace()
    let line = try workspace.configuration("lldb")
    #expect(line["processCreateCommands"]?.array?.isEmpty == true)
    let commands = try #require(line["targetCreateCommands"]?.array).compactMap(\.string)
    let words = commands.flatMap { ["-o", $0] } + ["-o", "thread backtrace"]
    let result = try Tool("lldb-19", ["--no-lldbinit", "-b"] + words).runSuccessfully()
    #expect(result.text.contains("`serve_customer("), "\(result)")
  }

  /// The protocol that VS Code speaks with the adapter itself.
  @Test("for LLDB DAP open the core in its adapter", .needs(.tool("lldb-dap-19")))
  func lldbDAP() throws {
    let workspace = try Workspace()
    let line = try workspace.configuration("lldb-dap")
    #expect(line["request"]?.string == "attach")
    let program = try #require(line["program"]?.string)
    let core = try #require(line["coreFile"]?.string)
    let requests = [
      #"{"seq":1,"type":"request","command":"initialize","arguments":{"adapterID":"lldb-dap"}}"#,
      #"{"seq":2,"type":"request","command":"attach","arguments":{"program":"\#(program)","coreFile":"\#(core)"}}"#,
      #"{"seq":3,"type":"request","command":"configurationDone"}"#,
      #"{"seq":4,"type":"request","command":"threads"}"#,
      #"{"seq":5,"type":"request","command":"stackTrace","arguments":{"threadId":10743}}"#,
      #"{"seq":6,"type":"request","command":"disconnect","arguments":{}}"#,
    ]
    let input = requests.map { "Content-Length: \($0.utf8.count)\r\n\r\n\($0)" }.joined()
    var tool = Tool("lldb-dap-19", [])
    tool.input = .bytes(Array(input.utf8))
    let result = try tool.run()
    #expect(result.text.contains(#""name":"sum_receipts""#), "\(result)")
  }
}
