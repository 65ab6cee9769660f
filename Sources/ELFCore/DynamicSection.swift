/// `ElfN_Dyn`: what an image tells the dynamic linker, as pairs of a tag and a value, up to `DT_NULL`.
package struct DynamicSection: Hashable, Sendable {
  /// `d_tag`, an open set.
  package struct Tag: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    package static let null = Tag(rawValue: 0)
    package static let needed = Tag(rawValue: 1)
    package static let hash = Tag(rawValue: 4)
    package static let stringTable = Tag(rawValue: 5)
    package static let symbolTable = Tag(rawValue: 6)
    package static let stringSize = Tag(rawValue: 10)
    /// `DT_DEBUG`: in a program, the dynamic linker puts the address of its `r_debug` there.
    package static let debug = Tag(rawValue: 21)
    /// `DT_TEXTREL`: relocations change read-only segments.
    package static let textRelocations = Tag(rawValue: 22)
    package static let flags = Tag(rawValue: 30)
    /// Tables of relocations, and their sizes in bytes.
    package static let rela = Tag(rawValue: 7)
    package static let relaSize = Tag(rawValue: 8)
    package static let rel = Tag(rawValue: 17)
    package static let relSize = Tag(rawValue: 18)
    package static let relr = Tag(rawValue: 36)
    package static let relrSize = Tag(rawValue: 35)
    /// Those of functions, and which of the two forms theirs is: the tag of that.
    package static let jumpRelocations = Tag(rawValue: 23)
    package static let jumpRelocationsSize = Tag(rawValue: 2)
    package static let jumpRelocationsForm = Tag(rawValue: 20)
  }

  /// One pair, and where its value stands from the start of the section.
  package struct Entry: Hashable, Sendable {
    package var tag: Tag
    package var value: UInt64
    package var valueOffset: Int
  }

  package let entries: [Entry]

  /// Reads a section as far as it goes, at most to `DT_NULL`.
  package init(_ bytes: Span<UInt8>, in format: ELFFormat) {
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

  package func first(_ tag: Tag) -> Entry? { entries.first { $0.tag == tag } }

  /// Whether relocations changed what is mapped read-only.
  package var relocatesText: Bool {
    first(.textRelocations) != nil || (first(.flags)?.value ?? 0) & 4 != 0  // DF_TEXTREL
  }

  /// A section of more is no linker's.
  package static let largestSize: UInt64 = 1 << 16
}
