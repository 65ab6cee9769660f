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

  /// Lets a program crash in `folder`, and gives the core that the kernel wrote there.
  ///
  /// Nil, said aloud, where the kernel can't be made to write a core into the program's folder.
  /// Throws if the program did not crash.
  public static func dump(_ request: Request, in folder: ScratchFolder) throws -> KernelCore? {
    let home = try folder.makeFolder("dump-\(try folder.names().count)")
    var tool = Tool(request.program.string, request.arguments)
    tool.folder = home
    tool.limits["core"] = request.coreLimit.map(String.init) ?? "unlimited"
    tool.limits["fsize"] = request.fileLimit.map(String.init)
    var settings = ["kernel.core_pattern": "core", "kernel.core_uses_pid": "0"]
    settings.merge(request.settings) { $1 }
    guard let result = try KernelSettings.with(settings, { try tool.run() }) else { return nil }

    guard case .signal = result.ending else {
      throw ReferenceError("\(tool.commandLine) did not crash: \(result)")
    }
    let path = home.appending("core")
    guard FileTree.exists(path) else {
      Skip.say("the kernel wrote no core into \(home) (\(result.ending))")
      return nil
    }
    return KernelCore(program: request.program, path: path, result: result, folder: folder)
  }

  /// Compiles the victim in `folder`, and lets it crash there.
  public static func dump(_ victim: Victim, in folder: ScratchFolder) throws -> KernelCore? {
    guard let program = try victim.compile(in: folder) else { return nil }
    return try dump(Request(program, victim.arguments), in: folder)
  }

  /// Compiles a C program. Nil, said aloud, if there is no gcc, or if it can't build for what the
  /// flags ask (`-m32` without the 32-bit libraries).
  public static func compile(
    _ source: String, named name: String, flags: [String] = ["-g", "-O0"], in folder: ScratchFolder
  ) throws -> FilePath? {
    guard Tool.isInstalled("gcc", for: "cores of a program of our own") else { return nil }
    let file = try folder.write(Array(source.utf8), to: "\(name).c")
    let program = folder.file(name)
    var tool = Tool("gcc", flags + ["-o", program.string, "\(name).c"])
    tool.folder = folder.path
    let result = try tool.run()
    if result.ending == .exit(0) { return program }
    guard !flags.filter({ $0.hasPrefix("-m") || $0 == "-static" }).isEmpty else {
      throw ReferenceError("\(file) doesn't compile: \(result)")
    }
    Skip.say("gcc \(flags.joined(separator: " ")) builds nothing here")
    return nil
  }
}
