/// The sizes that a block of an LZ4 frame can have.
public enum ArchiveBlockSize: Int, Hashable, Sendable, CaseIterable {
  /// 64 KiB: of a bad block the least is lost.
  case kib64 = 0x1_0000
  /// 256 KiB.
  case kib256 = 0x4_0000
  /// 1 MiB.
  case mib1 = 0x10_0000
  /// 4 MiB, which compress best.
  case mib4 = 0x40_0000
}
