import SystemPackage

/// The frames of every thread of a core as gdb finds them, with the stack pointer of each.
public struct FrameWalk: Sendable {
  public struct Frame: Hashable, Sendable {
    public var name: String
    public var programCounter: UInt64
    public var stackPointer: UInt64
  }

  /// From the innermost out, by thread number.
  public private(set) var threads: [Int32: [Frame]] = [:]
  /// What `info sharedlibrary` lists: the file that each library is, and where its code lies.
  public private(set) var libraries: Set<[String]> = []

  private static let script = """
    import gdb
    for thread in gdb.selected_inferior().threads():
        try:
            thread.switch()
            frame = gdb.newest_frame()
            for index in range(200):
                if frame is None: break
                sp = int(frame.read_register('sp')) & (2**64 - 1)
                print('FRAME', thread.ptid[1], frame.pc(), sp, frame.name())
                frame = frame.older()
        except gdb.error: pass
    """

  public init(_ gdb: GDB) throws {
    try self.init { try gdb.run(commands: $0) }
  }

  /// - Parameter run: runs gdb with commands.
  public init(by run: ([String]) throws -> ToolResult) throws {
    let folder = try ScratchFolder()
    let path = try folder.write(Array(Self.script.utf8), to: "walk.py")
    let result = try run(["source \(path)", "info sharedlibrary"])
    for line in result.lines where line.hasPrefix("0x") {
      let words = line.split(separator: " ").map(String.init)
      guard let file = words.last, file.hasPrefix("/") else { continue }
      libraries.insert([try FileTree.realPath(FilePath(file)).string, words[0]])
    }
    for line in result.text.split(separator: "\n") where line.hasPrefix("FRAME ") {
      let words = line.split(separator: " ", maxSplits: 4).map(String.init)
      guard words.count == 5, let thread = Int32(words[1]), let counter = UInt64(words[2]),
        let pointer = UInt64(words[3])
      else { continue }
      threads[thread, default: []].append(
        Frame(name: words[4], programCounter: counter, stackPointer: pointer))
    }
  }

  /// Frames with a name, of all threads together.
  public var namedFrames: Int { threads.values.joined().count { $0.name != "None" } }

  /// The frames of this walk of a whole core whose stack bytes are among `surviving`, which are in order: what unwinds to
  /// a frame lies below its stack pointer, and in `undecided` nothing can be unwound.
  public func due(
    _ surviving: [Range<UInt64>], threads kept: Set<Int32>, undecided: [Range<UInt64>] = []
  ) -> [Int32: [String]] {
    var due: [Int32: [String]] = [:]
    for (thread, frames) in threads where kept.contains(thread) {
      guard let first = frames.first,
        !undecided.contains(where: { $0.contains(first.programCounter) })
      else { continue }
      let end = surviving.first { $0.contains(first.stackPointer) }?.upperBound
      due[thread] = frames.enumerated()
        .prefix { index, frame in index == 0 || end.map { frame.stackPointer <= $0 } ?? false }
        .map(\.element.name)
    }
    return due
  }
}
