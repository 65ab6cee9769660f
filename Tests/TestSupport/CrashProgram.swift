import SystemPackage

/// Programs of several kinds that crash, for tests of what debuggers make of their cores. Their sources are those of
/// Scripts/bench.
public enum CrashProgram: String, Sendable, CaseIterable, CustomStringConvertible {
  /// Five threads deep in their stacks, and the main one below qsort().
  case threads
  /// The same, linked for one place.
  case fixedPlace
  /// The same, without a dynamic linker.
  case staticProgram
  /// The same, started as an argument of the dynamic linker.
  case startedByName
  /// The same for i386.
  case i386
  /// An exception in flight through libstdc++.
  case exception
  /// Plugins that were loaded with dlopen().
  case plugins
  /// Python, which crashes in a callback from libc.
  case python

  public var description: String { rawValue }

  /// What a debugger is to be given, and the core.
  public struct Crash: Sendable {
    public var program: FilePath
    public var core: KernelCore
  }

  private static let sources = Tool.packageRoot.appending("Scripts/bench/programs")

  /// What the machine must have for it to be built and to leave a core.
  private var needs: [Need] {
    switch self {
    case .threads, .fixedPlace, .plugins: [.kernelCores, .gcc]
    case .staticProgram: [.kernelCores, .build("gcc", flags: ["-static"])]
    case .i386: [.kernelCores, .build("gcc", flags: ["-m32"])]
    case .startedByName: [.kernelCores, .gcc, .path(Self.linkerPath)]
    case .exception: [.kernelCores, .tool("g++")]
    case .python: [.kernelCores, .path(Self.pythonPath)]
    }
  }

  private static let pythonPath = "/usr/bin/python3"
  private static let linkerPath = "/lib64/ld-linux-x86-64.so.2"

  /// Builds it and lets it crash in `folder`. Skips the test where something for it is missing.
  public func crash(in folder: ScratchFolder) throws -> Crash {
    for need in needs { try need.require() }
    switch self {
    case .threads: return try crash(["stacks.c"], in: folder)
    case .fixedPlace: return try crash(["-no-pie", "stacks.c"], in: folder)
    case .staticProgram: return try crash(["-static", "stacks.c"], in: folder)
    case .i386: return try crash(["-m32", "stacks.c"], in: folder)
    case .exception: return try crash(["throws.cpp"], compiler: "g++", in: folder)
    case .startedByName:
      let program = try Self.compile(["stacks.c"], to: "program", in: folder)
      return try dump(FilePath(Self.linkerPath), [program.string], in: folder)
    case .plugins:
      let names = try (0..<3).map { index in
        try Self.compile(["-shared", "-fPIC", "plugin.c"], to: "plugin\(index).so", in: folder)
          .string
      }
      return try crash(["-rdynamic", "plugins.c"], names, in: folder)
    case .python:
      return try dump(
        FilePath(Self.pythonPath), [Self.sources.appending("crash.py").string], in: folder)
    }
  }

  private func crash(
    _ flags: [String], _ arguments: [String] = [], compiler: String = "gcc",
    in folder: ScratchFolder
  ) throws -> Crash {
    let program = try Self.compile(flags, compiler: compiler, to: "program", in: folder)
    return try dump(program, arguments, in: folder)
  }

  private func dump(
    _ program: FilePath, _ arguments: [String], in folder: ScratchFolder
  ) throws -> Crash {
    let request = KernelCores.Request(program, arguments)
    return Crash(program: program, core: try KernelCores.dump(request, in: folder))
  }

  /// Compiles; the last word of `flags` is the source's name.
  public static func compile(
    _ flags: [String], compiler: String = "gcc", to name: String, in folder: ScratchFolder
  ) throws -> FilePath {
    let program = folder.file(name)
    var words = flags
    words[words.count - 1] = sources.appending(words[words.count - 1]).string
    let tool = Tool(compiler, ["-g", "-O0", "-pthread", "-o", program.string] + words)
    try tool.runSuccessfully()
    return program
  }
}
