import SystemPackage

/// Cores written by the running kernel.
public enum KernelCores {
  /// How a dump is to be made.
  public struct Request: Sendable {
    public var program: FilePath
    public var arguments: [String] = []
    /// Soft RLIMIT_CORE in bytes; nil for none.
    public var coreLimit: UInt64?
    /// Soft RLIMIT_FSIZE in bytes; nil for none.
    public var fileLimit: UInt64?
    /// Settings beside those that any dump needs: `["kernel.core_sort_vma": "1"]`.
    public var settings: [String: String] = [:]

    public init(_ program: FilePath, _ arguments: [String] = []) {
      self.program = program
      self.arguments = arguments
    }
  }

  /// What makes the kernel write a core into the program's folder.
  static let settings = ["kernel.core_pattern": "core", "kernel.core_uses_pid": "0"]

  /// Lets a program crash in `folder`, and gives the core that the kernel wrote there.
  ///
  /// Needs `Need.kernelCores`. Throws if the program did not crash, or the kernel wrote no core.
  public static func dump(_ request: Request, in folder: ScratchFolder) throws -> KernelCore {
    let home = try folder.makeFolder("dump-\(try folder.names().count)")
    var tool = Tool(request.program.string, request.arguments)
    tool.folder = home
    tool.limits["core"] = request.coreLimit.map(String.init) ?? "unlimited"
    tool.limits["fsize"] = request.fileLimit.map(String.init)
    let settings = Self.settings.merging(request.settings) { $1 }
    let result = try KernelSettings.with(settings) { try tool.run() }
    guard case .signal = result.ending else {
      throw ReferenceError("\(tool.commandLine) did not crash: \(result)")
    }
    let path = home.appending("core")
    guard FileTree.exists(path) else {
      throw ReferenceError("the kernel wrote no core into \(home) (\(result.ending))")
    }
    return KernelCore(program: request.program, path: path, result: result, folder: folder)
  }

  /// Compiles the victim in `folder`, and lets it crash there.
  public static func dump(_ victim: Victim, in folder: ScratchFolder) throws -> KernelCore {
    try dump(Request(victim.compile(in: folder), victim.arguments), in: folder)
  }

  /// Compiles a C program with gcc.
  public static func compile(
    _ source: String, named name: String, flags: [String] = ["-g", "-O0"], in folder: ScratchFolder
  ) throws -> FilePath {
    try folder.write(Array(source.utf8), to: "\(name).c")
    let program = folder.file(name)
    var tool = Tool("gcc", flags + ["-o", program.string, "\(name).c"])
    tool.folder = folder.path
    try tool.runSuccessfully()
    return program
  }
}
