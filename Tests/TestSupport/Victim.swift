import SystemPackage

/// The standard program for cores: threads that block in nested functions, memory with and without
/// content, and one thread that crashes once all others are blocked.
///
/// Threads are numbered; 0 is the main one. Thread `n` stands in level_1, level_2 and so on up to
/// `depth`, which calls `block_here`, or `crash_here` in the one that crashes. Every frame holds a
/// text of its own: "thread 2 level 3". The same numbers give the same content, at other addresses.
public struct Victim: Hashable, Sendable {
  /// Threads beside the main one, at most 63.
  public var threads = 4
  /// Nested functions, 1 to 9.
  public var depth = 5
  /// An anonymous area: of 16 pages, 13 have content, 2 were never touched and 1 was filled with
  /// zeros.
  public var bulkBytes = 48 << 20
  /// Blocks of `malloc`, all with content.
  public var heapBytes = 1 << 20
  /// Of every thread but the main one.
  public var stackBytes = 256 << 10
  /// The thread that crashes.
  public var crasher = 0
  /// Further arguments of the compiler: `["-no-pie"]`, `["-static"]`, `["-m32"]`.
  public var compilerFlags: [String] = []

  public init() {}

  /// At least 40 MB, for cuts in memory.
  public static let large = Victim()

  /// Under 2 MB on disk, for cuts at every page and byte.
  public static let small: Victim = {
    var victim = Victim()
    victim.threads = 3
    victim.depth = 3
    victim.bulkBytes = 128 << 10
    victim.heapBytes = 64 << 10
    victim.stackBytes = 64 << 10
    return victim
  }()

  public var arguments: [String] {
    [threads, depth, bulkBytes, heapBytes, stackBytes, crasher].map(String.init)
  }

  /// The names that a debugger must show for a thread, from the innermost `level_` out.
  public func levels() -> [String] { (1...depth).reversed().map { "level_\($0)" } }

  /// Compiles it into a folder.
  public func compile(in folder: ScratchFolder) throws -> FilePath {
    let flags = ["-g", "-O0", "-pthread", "-fno-omit-frame-pointer"] + compilerFlags
    return try KernelCores.compile(Self.source, named: "victim", flags: flags, in: folder)
  }
}
