/// What gdb made of a core.
public struct GDBView: Sendable {
  /// The parts of its output, told apart by lines that we make it print.
  enum Section: String, Sendable { case opening, threads, backtraces, libraries, registers, memory }

  static let marker = "@@coresalvage:"

  /// Lines that say the file is no good. Empty is good.
  public var complaints: [String] = []
  /// The numbers of its threads, LWPs, in gdb's order.
  public var threads: [Int32] = []
  /// The function names of each thread's frames, from the innermost out; "??" for an unknown one.
  public var backtraces: [Int32: [String]] = [:]
  /// The paths of `info sharedlibrary`.
  public var libraries: [String] = []
  /// Each thread's registers, by name, if they were asked for. Those that are no number are left
  /// out.
  public var registers: [Int32: [String: UInt64]] = [:]
  /// The bytes that were asked for; nil for "Cannot access memory".
  public var memory: [UInt64: UInt8?] = [:]
  /// All that gdb wrote, for the log.
  public var result: ToolResult

  /// True if gdb opened the file as a core, without a word about its end.
  public var opensCleanly: Bool { complaints.isEmpty && !threads.isEmpty }

  /// Frames with a name, of all threads together.
  public var namedFrames: Int { backtraces.values.joined().count { $0 != "??" } }

  private static let bad = [
    "extending past end of file", "is truncated", "not a core dump", "not recognized",
    "No such file or directory", "Permission denied", "Unable to", "Couldn't find general-purpose",
  ]

  init(_ result: ToolResult) {
    self.result = result
    complaints = result.lines.filter { line in Self.bad.contains { line.contains($0) } }
      .filter { !$0.contains("libthread_db") && !Self.isAboutSources($0) }
    var section = Section.opening
    var thread: Int32?
    for line in result.text.split(separator: "\n").map(String.init) {
      if line.hasPrefix(Self.marker) {
        section = Section(rawValue: String(line.dropFirst(Self.marker.count))) ?? .opening
        continue
      }
      let own = Self.threadNumber(line)
      if let own { thread = own }
      switch section {
      case .opening: break
      case .threads: if let own { threads.append(own) }
      case .backtraces:
        if let thread { addFrame(line, to: thread, isHeading: own != nil && !line.hasPrefix("#")) }
      case .libraries: addLibrary(line)
      case .registers: if let thread, own == nil { addRegister(line, to: thread) }
      case .memory: addByte(line)
      }
    }
    for line in result.lines { addFailure(line) }
  }

  func checkAnswers(to addresses: [UInt64]) throws {
    guard let silent = addresses.first(where: { memory[$0] == nil }) else { return }
    throw ReferenceError("gdb gave no answer for 0x\(String(silent, radix: 16)): \(result)")
  }

  /// "79 victim.c: No such file or directory." is about a source file.
  private static func isAboutSources(_ line: String) -> Bool {
    line.contains(".c: No such file") || line.contains(".S: No such file")
      || line.contains(".h: No such file")
  }
}
