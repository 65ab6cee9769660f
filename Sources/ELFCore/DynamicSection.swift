/// `ElfN_Dyn`: what an image tells the dynamic linker, as pairs of a tag and a value, up to `DT_NULL`.
public struct DynamicSection: Hashable, Sendable {
  /// `d_tag`, an open set.
  public struct Tag: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public static let null = Tag(rawValue: 0)
    public static let needed = Tag(rawValue: 1)
    public static let hash = Tag(rawValue: 4)
    public static let stringTable = Tag(rawValue: 5)
    public static let symbolTable = Tag(rawValue: 6)
    public static let stringSize = Tag(rawValue: 10)
    public static let sharedName = Tag(rawValue: 14)
    /// `DT_DEBUG`: in a program, the dynamic linker puts the address of its `r_debug` there.
    public static let debug = Tag(rawValue: 21)
    /// `DT_TEXTREL`: relocations change read-only segments.
    public static let textRelocations = Tag(rawValue: 22)
    public static let flags = Tag(rawValue: 30)
    /// Tables of relocations, and their sizes in bytes.
    public static let rela = Tag(rawValue: 7)
    public static let relaSize = Tag(rawValue: 8)
    public static let rel = Tag(rawValue: 17)
    public static let relSize = Tag(rawValue: 18)
    public static let relr = Tag(rawValue: 36)
    public static let relrSize = Tag(rawValue: 35)
    /// Those of functions, and which of the two forms theirs is: the tag of that.
    public static let jumpRelocations = Tag(rawValue: 23)
    public static let jumpRelocationsSize = Tag(rawValue: 2)
    public static let jumpRelocationsForm = Tag(rawValue: 20)
  }

  /// One pair, and where its value stands from the start of the section.
  public struct Entry: Hashable, Sendable {
    public var tag: Tag
    public var value: UInt64
    public var valueOffset: Int
  }

  public let entries: [Entry]

  /// Reads a section as far as it goes, at most to `DT_NULL`.
  public init(_ bytes: Span<UInt8>, in format: ELFFormat) {
    let size = format.wordSize
    var entries: [Entry] = []
    var offset = 0
    while let tag = bytes.integer(at: offset, size: size, format.byteOrder), tag != 0,
      let value = bytes.integer(at: offset + size, size: size, format.byteOrder)
    {
      entries.append(
        Entry(tag: Tag(rawValue: tag), value: value, valueOffset: offset + size))
      offset += 2 * size
    }
    self.entries = entries
  }

  public func first(_ tag: Tag) -> Entry? { entries.first { $0.tag == tag } }

  /// Whether relocations changed what is mapped read-only.
  public var relocatesText: Bool {
    first(.textRelocations) != nil || (first(.flags)?.value ?? 0) & 4 != 0  // DF_TEXTREL
  }

  /// A section of more is no linker's.
  public static let largestSize: UInt64 = 1 << 16
}
