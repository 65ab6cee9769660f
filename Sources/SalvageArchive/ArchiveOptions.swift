public import ArchiveFormat

/// How an archive is written. What is in it is decided by `RepairOptions`.
public struct ArchiveOptions: Hashable, Sendable {
  /// A word that a user keeps with an archive.
  public struct Label: Hashable, Sendable {
    /// By which it is found again. Given twice, both are kept, and most readers of JSON show one.
    public var key: String
    /// Whatever the user wants to know later.
    public var value: String

    /// `key` and `value` are kept as they are, in the manifest.
    public init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }

  /// 1 and 2 are fast, 3 to 12 are LZ4HC: slower to write, as quick to read.
  public var level = 1
  /// How much of the core is compressed, and lost if it comes to that, as one.
  public var blockSize = ArchiveBlockSize.mib4
  /// Whether each LZ4 frame also ends in a checksum of its contents.
  public var contentChecksum = false
  /// What the user wants to have kept with the core.
  public var labels: [Label] = []
  /// How many threads compress; nil for as many as there are cores. It changes no byte of the archive.
  public var threads: Int?
  /// Whether an output that exists is replaced.
  public var force = false

  /// The fastest level and the largest blocks, without labels.
  public init() {}
}
