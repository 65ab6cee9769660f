import SystemPackage

/// A program to run: what it is called with, what it reads, and for how long it may run.
///
/// It is started with `posix_spawn` in a session of its own, in the C locale.
public struct Tool: Sendable {
  /// What the program reads from its standard input.
  public enum Input: Sendable {
    case none
    /// Written into a pipe.
    case bytes([UInt8])
    case file(FilePath)
    /// An open descriptor, which stays the caller's.
    case descriptor(FileDescriptor)
  }

  /// What its standard output, or its standard error, is.
  public enum Output: Sendable {
    /// A pipe, read to its end.
    case pipe
    /// A terminal of 80 columns, whose bytes are read as from a pipe (line ends become CR LF).
    case terminal
    /// A file, written from its beginning; `/dev/full` for a full disk.
    case file(FilePath)
    /// An open descriptor, which stays the caller's.
    case descriptor(FileDescriptor)
  }

  /// A path if it has a slash, else a name looked up in `PATH`.
  public var program: String
  public var arguments: [String]
  /// Added to the test's own environment; a nil value takes a variable away.
  public var environment: [String: String?] = [:]
  public var folder: FilePath?
  public var input: Input = .none
  public var output: Output = .pipe
  public var errorOutput: Output = .pipe
  /// After that time the program and its children get `timeoutSignal`.
  public var timeout: Duration = .seconds(120)
  public var timeoutSignal: Int32 = 9
  /// Soft limits in the names of prlimit(1): `["core": "unlimited", "fsize": "1000001"]`.
  public var limits: [String: String] = [:]

  public init(_ program: String, _ arguments: [String] = []) {
    self.program = program
    self.arguments = arguments
  }

  /// Runs it to its end. Throws only if it could not be started; how it ended is in the result.
  public func run() throws -> ToolResult {
    try RunningTool(self).finish()
  }

  /// Runs it to its end, and tells how many bytes of memory it had resident at its peak.
  ///
  /// time(1) starts it and asks: a program that we start begins in our own memory, all of which the kernel counts as
  /// its own, even after exec.
  public func runMeasured() throws -> (result: ToolResult, peakMemory: UInt64) {
    let folder = try ScratchFolder(in: .memory)
    let told = folder.file("peak")
    var timed = self
    timed.program = "/usr/bin/time"
    timed.arguments = ["-q", "-f", "%M", "-o", told.string, program] + arguments
    let result = try timed.run()
    let text = String(decoding: try ReferenceSource.contents(of: told), as: UTF8.self)
    guard let kibibytes = UInt64(text.split(separator: "\n").last ?? "") else {
      throw ReferenceError("\(timed.commandLine): \(result), \(text)")
    }
    return (result, kibibytes << 10)
  }

  /// Runs it, and throws if it did not exit with 0.
  @discardableResult
  public func runSuccessfully() throws -> ToolResult {
    let result = try run()
    guard result.ending == .exit(0) else { throw ReferenceError("\(commandLine): \(result)") }
    return result
  }

  public var commandLine: String { ([program] + arguments).joined(separator: " ") }

  /// True if a program of that name is in `PATH`.
  static func isInstalled(_ name: String) -> Bool { locate(name) != nil }

  /// The command that is really run: env(1) and prlimit(1) go first where a folder or limits are
  /// asked for. Each then becomes the next one, so that the process number stays the program's.
  var spawned: [String] {
    get throws {
      guard let path = Self.locate(program) else { throw ReferenceError("no program \(program)") }
      var command = [path.string] + arguments
      if !limits.isEmpty {
        let options = limits.sorted { $0.key < $1.key }.map { "--\($0.key)=\($0.value):" }
        command = ["prlimit"] + options + ["--"] + command
      }
      if let folder { command = ["env", "-C", folder.string] + command }
      return command
    }
  }
}
