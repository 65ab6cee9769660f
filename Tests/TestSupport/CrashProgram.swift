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

  /// Builds it and lets it crash in `folder`. Nil, said aloud, where something for it is missing.
  public func crash(in folder: ScratchFolder) throws -> Crash? {
    switch self {
    case .threads: return try crash(["stacks.c"], in: folder)
    case .fixedPlace: return try crash(["-no-pie", "stacks.c"], in: folder)
    case .staticProgram: return try crash(["-static", "stacks.c"], in: folder)
    case .i386: return try crash(["-m32", "stacks.c"], in: folder)
    case .exception: return try crash(["throws.cpp"], compiler: "g++", in: folder)
    case .startedByName:
      let linker: FilePath = "/lib64/ld-linux-x86-64.so.2"
      guard FileTree.exists(linker),
        let program = try Self.compile(["stacks.c"], to: "program", in: folder)
      else { return nil }
      return try dump(linker, [program.string], in: folder)
    case .plugins:
      var names: [String] = []
      for index in 0..<3 {
        guard
          let plugin = try Self.compile(
            ["-shared", "-fPIC", "plugin.c"], to: "plugin\(index).so", in: folder)
        else { return nil }
        names.append(plugin.string)
      }
      return try crash(["-rdynamic", "plugins.c"], names, in: folder)
    case .python:
      let python: FilePath = "/usr/bin/python3"
      guard FileTree.exists(python) else {
        Skip.say("cores of python: no \(python)")
        return nil
      }
      return try dump(python, [Self.sources.appending("crash.py").string], in: folder)
    }
  }

  private func crash(
    _ flags: [String], _ arguments: [String] = [], compiler: String = "gcc",
    in folder: ScratchFolder
  ) throws -> Crash? {
    guard let program = try Self.compile(flags, compiler: compiler, to: "program", in: folder)
    else { return nil }
    return try dump(program, arguments, in: folder)
  }

  private func dump(
    _ program: FilePath, _ arguments: [String], in folder: ScratchFolder
  ) throws -> Crash? {
    let request = KernelCores.Request(program, arguments)
    return try KernelCores.dump(request, in: folder).map { Crash(program: program, core: $0) }
  }

  /// Compiles; the last word of `flags` is the source's name.
  public static func compile(
    _ flags: [String], compiler: String = "gcc", to name: String, in folder: ScratchFolder
  ) throws -> FilePath? {
    guard Tool.isInstalled(compiler, for: "cores of a program of our own") else { return nil }
    let program = folder.file(name)
    var words = flags
    words[words.count - 1] = sources.appending(words[words.count - 1]).string
    let tool = Tool(compiler, ["-g", "-O0", "-pthread", "-o", program.string] + words)
    let result = try tool.run()
    if result.ending == .exit(0) { return program }
    Skip.say("\(compiler) \(flags.joined(separator: " ")) builds nothing here")
    return nil
  }
}
