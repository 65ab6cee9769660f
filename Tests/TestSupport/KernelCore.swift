import SystemPackage

/// A core that the kernel wrote, and what is known of the process from elsewhere.
public struct KernelCore: Sendable {
  /// A stretch of memory that the victim told us of.
  public struct Area: Hashable, Sendable {
    public var name: String
    public var range: Range<UInt64>
  }

  /// A thread that the victim told us of.
  public struct Thread: Hashable, Sendable {
    /// The victim's number for it.
    public var index: Int
    public var id: Int32
    /// Where "thread INDEX level DEPTH" stands in its innermost frame.
    public var marker: UInt64
  }

  public let program: FilePath
  public let path: FilePath
  /// How the process ended, and what it wrote.
  public let result: ToolResult
  public let areas: [Area]
  public let threads: [Thread]
  /// Kept alive as long as its files are of use.
  private let folder: ScratchFolder

  init(program: FilePath, path: FilePath, result: ToolResult, folder: ScratchFolder) {
    self.program = program
    self.path = path
    self.result = result
    self.folder = folder
    let lines = result.text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    areas = lines.compactMap { words in
      guard words.count == 4, words[0] == "area" else { return nil }
      guard let start = Self.number(words[2]), let length = Self.number(words[3]) else {
        return nil
      }
      return Area(name: words[1], range: start..<start + length)
    }
    threads = lines.compactMap { words in
      guard words.count == 4, words[0] == "thread" else { return nil }
      guard let index = Int(words[1]), let id = Int32(words[2]) else { return nil }
      return Self.number(words[3]).map { Thread(index: index, id: id, marker: $0) }
    }
  }

  public var size: UInt64 { get throws { try FileTree.size(path) } }
  /// The reference reader's view of it.
  public var reference: ReferenceCore { get throws { try ReferenceCore(contentsOf: path) } }

  /// A new file with its first `size` bytes, holes kept, in `folder` (its own one if nil).
  public func cut(at size: UInt64, in folder: ScratchFolder? = nil) throws -> FilePath {
    let cut = (folder ?? self.folder).file("cut-\(size).core")
    try SparseCopy.copy(path, to: cut, size: size)
    return cut
  }

  /// "0x" and hex digits, as "%#lx" prints them; a plain 0 for none.
  private static func number(_ text: String) -> UInt64? {
    text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
  }
}
