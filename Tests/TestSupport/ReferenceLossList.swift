/// A LOST or REBUILT note of owner CORESALVAGE, decoded.
public struct ReferenceLossList: Hashable, Sendable {
  public var sizeFound: UInt64
  public var sizeDue: UInt64
  public var entries: [ReferenceLoss]
  /// REBUILT only: where the bytes of each entry came from.
  public var paths: [String]

  public var memory: [ReferenceLoss] { entries.filter(\.isMemory) }
  /// Ranges of the notes and the header table.
  public var structure: [ReferenceLoss] { entries.filter { !$0.isMemory } }

  init(_ note: ReferenceNote, _ format: ReferenceFormat, hasPaths: Bool) throws {
    let what = "\(note.owner) note 0x\(String(note.type, radix: 16)) at \(note.offset)"
    var reader = FieldReader(note.descriptor, format, what: what)
    let version = try reader.word()
    let entrySize = try reader.word()
    let count = try reader.quad()
    sizeFound = try reader.quad()
    sizeDue = try reader.quad()
    guard version == 1, entrySize == 40 else {
      throw ReferenceError("\(what): version \(version), \(entrySize) bytes per entry")
    }
    guard count <= reader.remaining / 40, hasPaths || count * 40 == reader.remaining else {
      throw ReferenceError("\(what): \(count) entries in \(reader.remaining) bytes")
    }
    entries = try (0..<count).map { _ in try ReferenceLoss(&reader) }
    paths = []
    guard hasPaths else { return }
    paths = try reader.raw(reader.remaining)
      .split(separator: 0, omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self)
      }
    if paths.last == "" { paths.removeLast() }
    guard paths.count <= entries.count else {
      throw ReferenceError("\(what): \(paths.count) paths for \(count) entries")
    }
  }
}
