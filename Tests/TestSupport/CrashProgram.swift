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
  /// The same in a program without a dynamic linker of its own, for one place and for any.
  case staticPlugins
  case staticPIEPlugins
  /// The same with plugins that lie where they were linked for, as prelinked libraries do.
  case prelinked
  /// Plugins in namespaces of their own, with dlmopen().
  case namespaces
  /// A program that moved its code, or all of itself, into memory of no file.
  case movedCode
  case movedProgram
  /// Python, which crashes in a callback from libc.
  case python
  /// A JVM, which asks for all of its files' memory to be dumped.
  case java

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
    case .threads, .fixedPlace, .plugins, .prelinked, .namespaces, .movedCode, .movedProgram:
      [.kernelCores, .gcc]
    case .staticPIEPlugins: [.kernelCores, .build("gcc", flags: ["-static-pie"])]
    case .staticProgram, .staticPlugins: [.kernelCores, .build("gcc", flags: ["-static"])]
    case .i386: [.kernelCores, .build("gcc", flags: ["-m32"])]
    case .startedByName: [.kernelCores, .gcc, .path(Self.linkerPath)]
    case .exception: [.kernelCores, .tool("g++")]
    case .python: [.kernelCores, .path(Self.pythonPath)]
    case .java: [.kernelCores, .tool("javac")]
    }
  }

  private static let pythonPath = "/usr/bin/python3"
  private static let linkerPath = "/lib64/ld-linux-x86-64.so.2"

  /// The program beside the compiler, by the name that the kernel will give it.
  private static func javaPath() throws -> FilePath {
    let path = try Tool("sh", ["-c", "command -v javac"]).runSuccessfully().text
    return try FileTree.realPath(FilePath(path.filter { $0 != "\n" })).removingLastComponent()
      .appending("java")
  }

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
    case .plugins: return try crash(["-rdynamic", "plugins.c"], plugins(in: folder), in: folder)
    case .staticPlugins:
      return try crash(["-static", "plugins.c"], plugins(in: folder), in: folder)
    case .staticPIEPlugins:
      return try crash(["-static-pie", "plugins.c"], plugins(in: folder), in: folder)
    case .prelinked: return try crash(["-no-pie", "plugins.c"], plugins(in: folder), in: folder)
    case .namespaces: return try crash(["namespaces.c"], plugins(in: folder), in: folder)
    case .movedCode: return try crash(["moved.c"], ["code"], in: folder)
    case .movedProgram: return try crash(["moved.c"], ["all"], in: folder)
    case .python:
      return try dump(
        FilePath(Self.pythonPath), [Self.sources.appending("crash.py").string], in: folder)
    case .java:
      try Tool("javac", ["-d", folder.path.string, Self.sources.appending("Kitchen.java").string])
        .runSuccessfully()
      return try dump(
        Self.javaPath(), ["-Xmx16m", "-XX:+UseSerialGC", "-cp", folder.path.string, "Kitchen"],
        in: folder)
    }
  }

  /// Three libraries, and their paths.
  private func plugins(in folder: ScratchFolder) throws -> [String] {
    try (0..<3).map { index in
      // glibc puts libraries where they were linked for, if the program is for one place.
      let place = "-Wl,-Ttext-segment=0x\(String(0x4100_0000 + index << 24, radix: 16))"
      let flags = ["-shared", "-fPIC"] + (self == .prelinked ? [place] : [])
      return try Self.compile(flags + ["plugin.c"], to: "plugin\(index).so", in: folder).string
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
