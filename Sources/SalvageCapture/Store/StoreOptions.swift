/// How many cores a store keeps, for how long, and in which form.
public struct StoreOptions: Hashable, Sendable {
  /// How many bytes of the disk its files may take; nil for as many as there are. The oldest cores make room for new ones.
  public var maxUse: UInt64?
  /// How many bytes of the file system stay free for others; nil for a twentieth of it, at most 4 GiB. The oldest cores make
  /// room here, too.
  public var keepFree: UInt64?
  /// After how many seconds a core is removed; nil for never.
  public var maxAge: UInt64?
  /// How many crashes are kept of any minute; 0 for all.
  public var perMinute = 20
  /// How many crashes of one program and user are kept of any minute; 0 for all.
  public var perProgram = 5
  /// Whether cores are archived once they are complete.
  public var archive = false

  /// What the command does unless it is told otherwise.
  public init() {}

  /// How many bytes stay free on a file system of that size.
  func freeShare(of size: UInt64) -> UInt64 { keepFree ?? min(size / 20, 4 << 30) }
}
