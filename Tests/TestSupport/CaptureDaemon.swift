import Glibc
import SystemPackage

/// `coresalvage capture serve`, with a socket and a store of its own.
public final class CaptureDaemon {
  public let socket: FilePath
  public let store: FilePath
  private let options: [String]
  private var running: RunningTool?

  /// Starts it, and waits until it listens. Limits against crash storms are off.
  ///
  /// - Parameter store: the folder for cores; one beside the socket if nil.
  public init(_ options: String..., store: FilePath? = nil, in folder: ScratchFolder) throws {
    socket = folder.file("socket")
    self.store = store ?? folder.file("store")
    self.options = options
    try start()
  }

  deinit { if running != nil { _ = try? end(by: SIGKILL) } }

  public func start() throws {
    let pipe = try StreamPair.pipe(reversed: true)
    defer { pipe.closeOurs() }
    var tool = Tool.coresalvage(
      ["capture", "serve", "--socket", socket.string, "--store", store.string]
        + ["--per-minute", "0", "--per-program", "0"] + options)
    tool.output = .descriptor(pipe.program)
    running = try RunningTool(tool)
    pipe.closeProgram()
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = try bytes.withUnsafeMutableBytes { try pipe.ours.read(into: $0) }
    guard String(decoding: bytes[..<count], as: UTF8.self) == "ready\n" else {
      throw ReferenceError("the daemon is not ready: \(try end(by: SIGKILL))")
    }
  }

  /// Ends it, and waits for its end.
  @discardableResult
  public func end(by signal: Int32 = SIGTERM) throws -> ToolResult {
    send(signal)
    return try wait()
  }

  /// Waits for its end.
  public func wait() throws -> ToolResult {
    guard let running else { throw ReferenceError("the daemon does not run") }
    self.running = nil
    return try running.finish()
  }

  /// Sends it a signal.
  public func send(_ signal: Int32) { if let running { kill(running.processID, signal) } }

  /// Runs `body` while crashes go to it. For as short a time as can be: all of the machine's do.
  public func whileServing<Value>(_ body: () throws -> Value) throws -> Value {
    let settings = ["kernel.core_pattern": "@@\(socket)", "kernel.core_pipe_limit": "16"]
    return try KernelSettings.with(settings, body)
  }

  /// Lets a victim crash, and waits for its end.
  public func take(_ victim: CaptureVictim, meanwhile: () throws -> Void = {}) throws {
    try whileServing {
      victim.crash()
      try meanwhile()
      try victim.wait()
    }
  }

  /// The names of cores that are finished.
  public func finished() throws -> [FilePath] { try files(".core") }
  /// The names of cores under work.
  public func unfinished() throws -> [FilePath] { try files(".capturing") }

  private func files(_ ending: String) throws -> [FilePath] {
    try FileTree.names(in: store).filter { $0.hasSuffix(ending) }.map { store.appending($0) }
  }

  /// The first core to be finished.
  public func core(patience: Double = 20) throws -> FilePath {
    var found: FilePath?
    let isThere = try Patience.wait(patience) {
      found = try finished().first
      return found != nil
    }
    guard isThere, let found else {
      throw ReferenceError("no core among \(try FileTree.names(in: store))")
    }
    return found
  }

  /// The first core under work, once so many bytes of it are on the disk.
  public func coreUnderWork(of size: UInt64 = 1) throws -> FilePath {
    var found: FilePath?
    let isThere = try Patience.wait(10) {
      found = try unfinished().first
      guard let found else { return false }
      return ((try? FileTree.allocated(found)) ?? 0) >= size
    }
    guard isThere, let found else {
      throw ReferenceError("no core under work: \(try FileTree.names(in: store))")
    }
    return found
  }
}
