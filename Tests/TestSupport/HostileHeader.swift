/// Headers of x86-64 cores, number by number, for files that name what no builder would make.
public enum HostileHeader {
  /// `ElfN_Ehdr`, its table right after it. Past 65,534 entries a section header at `sections` has the count.
  public static func file(count: UInt64, sections: UInt64 = 0) -> [UInt8] {
    [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0] + [UInt8](repeating: 0, count: 8)
      + words([
        (4, 2), (62, 2), (1, 4), (0, 8), (64, 8), (sections, 8), (0, 4), (64, 2), (56, 2),
        (count, 2), (64, 2), (sections > 0 ? 1 : 0, 2), (0, 2),
      ])
  }

  /// A PT_LOAD of type 1, a PT_NOTE of type 4, readable and writable.
  public static func segment(
    type: UInt64 = 1, at address: UInt64, offset: UInt64, _ size: UInt64
  ) -> [UInt8] {
    words([(type, 4), (6, 4), (offset, 8), (address, 8), (0, 8), (size, 8), (size, 8), (4, 8)])
  }

  /// Section header 0, which counts program headers.
  public static func section(count: UInt64) -> [UInt8] {
    words([(0, 4), (0, 4), (0, 8), (0, 8), (0, 8), (1, 8), (0, 4), (count, 4), (0, 8), (0, 8)])
  }

  private static func words(_ words: [(value: UInt64, size: UInt64)]) -> [UInt8] {
    words.flatMap { word in
      (0..<word.size).map { UInt8(truncatingIfNeeded: word.value >> (8 * $0)) }
    }
  }
}
