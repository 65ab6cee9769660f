/// The sizes that a block of an LZ4 frame can have.
public enum ArchiveBlockSize: Int, Hashable, Sendable, CaseIterable {
  case kib64 = 0x1_0000
  case kib256 = 0x4_0000
  case mib1 = 0x10_0000
  case mib4 = 0x40_0000
}
