package import CoreIO
package import ELFCore

/// The sections of an ELF file by their names, which no debugger needs of a core and every one needs of its files.
package struct ImageSections {
  private let source: any ByteSource
  private let format: ELFFormat
  private var sections: [[UInt8]: SectionHeader.Contents] = [:]

  private static let mostSections = 4096
  private static let largestNames = 1 << 20
  private static let longestName = 256
  /// SHT_NOBITS: its bytes are in another file.
  private static let absent: UInt64 = 8

  /// nil where it is no ELF file, or has no sections.
  package init?(_ source: any ByteSource) throws(SalvageError) {
    let head = try source.bytes(at: 0, count: ImageHeaders.readableSize)
    guard let header = FileHeader(head.span), header.sectionHeaderOffset > 0,
      Int(header.sectionHeaderEntrySize) == header.format.sectionHeaderSize
    else { return nil }
    self.source = source
    format = header.format
    let count = min(Int(header.sectionHeaderCount), Self.mostSections)
    let table = try source.bytes(
      at: header.sectionHeaderOffset, count: count * format.sectionHeaderSize)
    let all = (0..<count).compactMap { index in
      SectionHeader.Contents(
        table.span, record: index * header.format.sectionHeaderSize, in: header.format)
    }
    guard all.indices.contains(Int(header.sectionNameIndex)) else { return nil }
    let place = all[Int(header.sectionNameIndex)]
    let names = try source.bytes(
      at: place.offset, count: Int(min(place.size, UInt64(Self.largestNames))))
    for section in all where section.name < UInt64(names.count) {
      guard let name = names.span.cString(at: Int(section.name), limit: Self.longestName) else {
        continue
      }
      if sections[name] == nil { sections[name] = section }
    }
  }

  /// Whether it has debug information, packed or not.
  package var haveDebugInformation: Bool { has(".debug_info") || has(".zdebug_info") }

  /// Whether there is a section of that name whose bytes are in the file.
  package func has(_ name: String) -> Bool {
    sections[Array(name.utf8)].map { $0.type != Self.absent && $0.size > 0 } ?? false
  }

  /// The bytes of a small section; nil where there is none of that name.
  package func bytes(of name: String) throws(SalvageError) -> [UInt8]? {
    guard has(name), let section = sections[Array(name.utf8)],
      section.size <= UInt64(ImageHeaders.readableSize)
    else { return nil }
    return try source.bytes(at: section.offset, count: Int(section.size))
  }

  /// Also of a file without program headers, as debug information that several files share.
  package func buildID() throws(SalvageError) -> BuildID? {
    try bytes(of: ".note.gnu.build-id").flatMap {
      BuildID(notes: $0.span, alignment: 4, in: format)
    }
  }

  /// The name of the file that has the debug information, and the checksum of all its bytes.
  package func debugLink() throws(SalvageError) -> (name: [UInt8], checksum: UInt32)? {
    guard let bytes = try bytes(of: ".gnu_debuglink"),
      let name = bytes.span.cString(at: 0, limit: bytes.count), !name.isEmpty,
      let checksum = bytes.span.integer(
        at: (name.count + 4) / 4 * 4, size: 4, format.byteOrder)
    else { return nil }
    return (name, UInt32(truncatingIfNeeded: checksum))
  }

  /// The path and the build-id of the file that has what several files share of their debug information.
  package func sharedDebugLink() throws(SalvageError) -> (path: [UInt8], buildID: BuildID)? {
    guard let bytes = try bytes(of: ".gnu_debugaltlink"),
      let path = bytes.span.cString(at: 0, limit: bytes.count), !path.isEmpty,
      let buildID = BuildID(digest: Array(bytes[(path.count + 1)...]))
    else { return nil }
    return (path, buildID)
  }
}
