internal import CXXHash
internal import ELFCore
internal import Glibc
internal import SystemPackage

/// What stands at the very end of a file while it is repaired in place, or while that is undone: how long it was, and how
/// to go on after a kill.
///
/// It is the first thing that is written, in one piece inside one page, and it goes with the last step. All its integers are
/// little-endian.
struct InPlaceJournal: Hashable {
  enum Kind: UInt64 { case repair = 1, undo = 2 }

  var kind: Kind
  var sizeBefore: UInt64
  var sizeAfter: UInt64
  /// Where the program header table goes, how long it is, and where a copy of it waits. Of an undo, the length and the
  /// place of the HEAD note's descriptor.
  var tableOffset: UInt64 = 0
  var tableLength: UInt64 = 0
  var copyOffset: UInt64 = 0
  /// The file header as it was; as it is while the table is being rewritten and its copy stands for it; as it will be.
  var headerBefore: [UInt8]
  var headerMiddle: [UInt8] = []
  var headerAfter: [UInt8]

  /// Its size, and what its offset is a multiple of.
  static let size = 512
  private static let magic = Array("coresalvage\0jrnl".utf8)
  private static let version: UInt64 = 1
  private static let headerRoom = 64
  private static let checksumOffset = 80 + 3 * headerRoom

  var bytes: [UInt8] {
    var bytes = Self.magic
    for value in [
      Self.version, kind.rawValue, sizeBefore, sizeAfter, tableOffset, tableLength, copyOffset,
      UInt64(headerBefore.count),
    ] { bytes.append(value, size: 8, .little) }
    for header in [headerBefore, headerMiddle, headerAfter] {
      bytes += header + [UInt8](repeating: 0, count: Self.headerRoom - header.count)
    }
    bytes.append(Self.checksum(bytes), size: 8, .little)
    return bytes + [UInt8](repeating: 0, count: Self.size - bytes.count)
  }

  init(
    _ kind: Kind, sizeBefore: UInt64, sizeAfter: UInt64, headerBefore: [UInt8],
    headerAfter: [UInt8]
  ) {
    self.kind = kind
    self.sizeBefore = sizeBefore
    self.sizeAfter = sizeAfter
    self.headerBefore = headerBefore
    self.headerAfter = headerAfter
  }

  /// Reads a journal; nil where these bytes are none, or not all of one.
  init?(_ bytes: [UInt8]) {
    let span = bytes.span
    func word(_ index: Int) -> UInt64 { span.integer(at: 16 + 8 * index, size: 8, .little) ?? 0 }
    guard bytes.count == Self.size, bytes.starts(with: Self.magic), word(0) == Self.version,
      let kind = Kind(rawValue: word(1)), [52, 64].contains(word(7)),
      span.integer(at: Self.checksumOffset, size: 8, .little)
        == Self.checksum(Array(bytes[..<Self.checksumOffset]))
    else { return nil }
    let size = Int(word(7))
    func header(_ index: Int) -> [UInt8] {
      let start = 80 + index * Self.headerRoom
      return Array(bytes[start..<start + size])
    }
    self.init(
      kind, sizeBefore: word(2), sizeAfter: word(3), headerBefore: header(0),
      headerAfter: header(2))
    tableOffset = word(4)
    tableLength = word(5)
    copyOffset = word(6)
    headerMiddle = header(1)
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt64 {
    unsafe bytes.withUnsafeBytes { unsafe XXH3_64bits($0.baseAddress, $0.count) }
  }

  // MARK: In a file

  /// The journal that a file ends with.
  static func read(_ descriptor: FileDescriptor, size: UInt64) -> InPlaceJournal? {
    guard size > UInt64(Self.size), size % UInt64(Self.size) == 0 else { return nil }
    return InPlaceJournal(bytes(descriptor, at: size - UInt64(Self.size), count: Self.size))
  }

  /// The size of a file before an interrupted repair that has not come to changing it; nil where there was none.
  static func sizeBefore(_ descriptor: FileDescriptor, _ size: UInt64) -> UInt64? {
    guard let journal = read(descriptor, size: size), journal.kind == .repair,
      journal.sizeBefore < size, journal.isUntouched(descriptor)
    else { return nil }
    return journal.sizeBefore
  }

  /// Whether the file's header and table are still what they were.
  ///
  /// A repair that leaves the count of entries alone leaves the header alone: then the table alone tells whether it is done.
  func isUntouched(_ descriptor: FileDescriptor) -> Bool {
    guard Self.bytes(descriptor, at: 0, count: headerBefore.count) == headerBefore else {
      return false
    }
    return headerBefore != headerAfter || !hasNewTable(descriptor)
  }

  /// Whether the table in its place is the copy.
  private func hasNewTable(_ descriptor: FileDescriptor) -> Bool {
    let step: UInt64 = 1 << 18
    var done: UInt64 = 0
    while done < tableLength {
      let count = Int(min(step, tableLength - done))
      let new = Self.bytes(descriptor, at: copyOffset &+ done, count: count)
      guard new.count == count, new == Self.bytes(descriptor, at: tableOffset &+ done, count: count)
      else { return false }
      done += UInt64(count)
    }
    return true
  }

  static func bytes(_ descriptor: FileDescriptor, at offset: UInt64, count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = unsafe bytes.withUnsafeMutableBytes {
      (try? unsafe descriptor.read(fromAbsoluteOffset: Int64(clamping: offset), into: $0)) ?? 0
    }
    return Array(bytes[..<got])
  }
}
