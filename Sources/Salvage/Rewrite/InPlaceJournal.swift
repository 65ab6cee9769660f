internal import CoreIO
internal import ELFCore
internal import Glibc
package import SystemPackage

/// What stands at the very end of a file while it is repaired in place, or while that is undone: how long it was, and how
/// to go on after a kill.
///
/// It is the first thing that is written, in one piece inside one page, and it goes with the last step. All its integers are
/// little-endian.
package struct InPlaceJournal: Hashable {
  package enum Kind: UInt64 { case repair = 1, undo = 2 }

  package var kind: Kind
  var sizeBefore: UInt64
  var sizeAfter: UInt64
  /// Where the program header table goes, how long it is, and where a copy of it waits. Of an undo, the length and the
  /// place of the HEAD note's descriptor.
  package var tableOffset: UInt64 = 0
  var tableLength: UInt64 = 0
  var copyOffset: UInt64 = 0
  /// The file header as it was; as it is while the table is being rewritten and its copy stands for it; as it will be.
  var headerBefore: [UInt8]
  var headerMiddle: [UInt8] = []
  var headerAfter: [UInt8]
  /// That of the old core's headers and notes, in hexadecimal, as the ORIGIN note has it; nil in a journal of version 1.
  package var digest: String?
  /// When the old core was last written, in microseconds since 1970, where that tells when its process died: what is written
  /// first makes the file new.
  package var modified: UInt64?

  /// Its size, and what its offset is a multiple of.
  package static let size = 512
  static let headerAfterOffset = 80 + 2 * headerRoom
  private static let magic = Array("coresalvage\0jrnl".utf8)
  private static let headerRoom = 64
  private static let digestOffset = 80 + 3 * headerRoom
  private static let digestSize = 32
  /// With a checksum of its own: who does not look for it finds zeros as before.
  private static let modifiedOffset = digestOffset + digestSize + 8
  /// Version 1 had no digest.
  private static let checksumOffsets: [UInt64: Int] = [
    1: digestOffset, 2: digestOffset + digestSize,
  ]

  package var bytes: [UInt8] {
    var bytes = Self.magic
    for value in [
      digest == nil ? 1 : 2, kind.rawValue, sizeBefore, sizeAfter, tableOffset, tableLength,
      copyOffset,
      UInt64(headerBefore.count),
    ] { bytes.append(value, size: 8, .little) }
    for header in [headerBefore, headerMiddle, headerAfter] {
      bytes += header + [UInt8](repeating: 0, count: Self.headerRoom - header.count)
    }
    bytes += digest.map { Array($0.utf8) } ?? []
    bytes.append(Hash.of64(bytes[...]), size: 8, .little)
    if let modified {
      bytes += [UInt8](repeating: 0, count: Self.modifiedOffset - bytes.count)
      bytes.append(modified, size: 8, .little)
      bytes.append(Hash.of64(bytes[Self.modifiedOffset...]), size: 8, .little)
    }
    return bytes + [UInt8](repeating: 0, count: Self.size - bytes.count)
  }

  init(
    _ kind: Kind, sizeBefore: UInt64, sizeAfter: UInt64, headerBefore: [UInt8],
    headerAfter: [UInt8], digest: String?
  ) {
    self.kind = kind
    self.sizeBefore = sizeBefore
    self.sizeAfter = sizeAfter
    self.headerBefore = headerBefore
    self.headerAfter = headerAfter
    self.digest = digest.flatMap { $0.utf8.count == Self.digestSize ? $0 : nil }
  }

  /// Reads a journal; nil where these bytes are none, or not all of one.
  init?(_ bytes: [UInt8]) {
    let span = bytes.span
    func word(_ index: Int) -> UInt64 { span.integer(at: 16 + 8 * index, size: 8, .little) ?? 0 }
    guard bytes.count == Self.size, bytes.starts(with: Self.magic),
      let checksumOffset = Self.checksumOffsets[word(0)],
      let kind = Kind(rawValue: word(1)), [52, 64].contains(word(7)),
      span.integer(at: checksumOffset, size: 8, .little)
        == Hash.of64(bytes[..<checksumOffset])
    else { return nil }
    let size = Int(word(7))
    func header(_ index: Int) -> [UInt8] {
      let start = 80 + index * Self.headerRoom
      return Array(bytes[start..<start + size])
    }
    self.init(
      kind, sizeBefore: word(2), sizeAfter: word(3), headerBefore: header(0),
      headerAfter: header(2),
      digest: word(0) == 1
        ? nil : String(decoding: bytes[Self.digestOffset..<checksumOffset], as: UTF8.self))
    tableOffset = word(4)
    tableLength = word(5)
    copyOffset = word(6)
    headerMiddle = header(1)
    let end = Self.modifiedOffset + 8
    if let time = span.integer(at: Self.modifiedOffset, size: 8, .little),
      span.integer(at: end, size: 8, .little) == Hash.of64(bytes[Self.modifiedOffset..<end])
    {
      modified = time
    }
  }

  // MARK: In a file

  /// The journal that a file ends with.
  init?(endOf source: any ByteSource) {
    let size = UInt64(Self.size)
    guard source.size > size, source.size % size == 0,
      let bytes = try? source.bytes(at: source.size - size, count: Self.size)
    else { return nil }
    self.init(bytes)
  }

  /// Whether a file may end with one: false for nearly all, by a look at 16 bytes at most.
  package static func mayEnd(_ file: FileDescriptor, size: UInt64) -> Bool {
    guard size > UInt64(Self.size), size % UInt64(Self.size) == 0 else { return false }
    var bytes = [UInt8](repeating: 0, count: magic.count)
    let place = Int64(clamping: size - UInt64(Self.size))
    _ = unsafe bytes.withUnsafeMutableBytes {
      try? unsafe file.read(fromAbsoluteOffset: place, into: $0)
    }
    return bytes == magic
  }
}
