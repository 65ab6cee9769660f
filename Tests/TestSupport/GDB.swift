import SystemPackage

/// gdb as a judge: what it says about a core, and what it can read through it.
public struct GDB: Sendable {
  public var core: FilePath
  /// The executable; without it gdb names no function.
  public var program: FilePath?
  /// gdb-multiarch, for cores of other machines.
  public var isForeign: Bool
  public var timeout: Duration = .seconds(120)

  public init(_ core: FilePath, program: FilePath? = nil, isForeign: Bool = false) {
    self.core = core
    self.program = program
    self.isForeign = isForeign
  }

  /// Opens the core and asks for everything that a `GDBView` holds, in one run.
  ///
  /// - Parameter addresses: where to read a byte each.
  public func view(reading addresses: [UInt64] = [], registers: Bool = false) throws -> GDBView {
    var commands: [(section: GDBView.Section, command: String)] = [
      (.threads, "info threads"),
      (.backtraces, "thread apply all bt"),
      (.libraries, "info sharedlibrary"),
    ]
    if registers { commands.append((.registers, "thread apply all info registers")) }
    var arguments = commands.flatMap { ["-ex", marker($0.section), "-ex", $0.command] }
    arguments += ["-ex", marker(.memory)]
    // A failing command ends a script, but not a list of -ex; such a list has its limits, though.
    let firstRun = addresses.prefix(2000)
    arguments += firstRun.flatMap { ["-ex", "x/1xb 0x\(String($0, radix: 16))"] }
    var view = GDBView(try run(arguments))
    if addresses.count > firstRun.count {
      view.memory.merge(try read(Array(addresses.dropFirst(firstRun.count)))) { $1 }
    }
    try view.checkAnswers(to: addresses)
    return view
  }

  /// One byte for each address, or nil where gdb "cannot access memory". In order.
  public func bytes(at addresses: [UInt64]) throws -> [UInt8?] {
    let memory = try read(addresses)
    return try addresses.map { address in
      guard let answer = memory[address] else {
        throw ReferenceError("gdb gave no answer for 0x\(String(address, radix: 16))")
      }
      return answer
    }
  }

  /// Runs the given commands, each on its own, and gives back all that gdb wrote.
  public func run(commands: [String]) throws -> ToolResult {
    try run(commands.flatMap { ["-ex", $0] })
  }

  private func read(_ addresses: [UInt64]) throws -> [UInt64: UInt8?] {
    var memory: [UInt64: UInt8?] = [:]
    var rest = addresses[...]
    while !rest.isEmpty {
      let asked = rest.prefix(2000)
      rest = rest.dropFirst(asked.count)
      let reads = asked.flatMap { ["-ex", "x/1xb 0x\(String($0, radix: 16))"] }
      memory.merge(GDBView(try run(["-ex", marker(.memory)] + reads)).memory) { $1 }
    }
    return memory
  }

  private func marker(_ section: GDBView.Section) -> String {
    "echo \\n\(GDBView.marker)\(section.rawValue)\\n"
  }

  private func run(_ commands: [String]) throws -> ToolResult {
    let settings = [
      "debuginfod enabled off", "pagination off", "width 0", "height 0", "print thread-events off",
    ]
    var arguments = ["-nx", "-batch"] + settings.flatMap { ["-iex", "set \($0)"] } + commands
    if let program { arguments.append(program.string) }
    arguments.append("--core=\(core)")
    var tool = Tool(isForeign ? "gdb-multiarch" : "gdb", arguments)
    tool.timeout = timeout
    let result = try tool.run()
    guard !result.timedOut else { throw ReferenceError("gdb on \(core): \(result)") }
    return result
  }
}
