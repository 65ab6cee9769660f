package import CoreIO
internal import ELFCore

/// A skippable frame of LZ4 that is ours: `lz4 -d` passes over it. Its magic number and its size come first, then 16 letters
/// that tell what it is, its content, and last the XXH3 (64 bits) of all that.
package struct SkippableFrame: Sendable {
  /// What a frame holds. All identifiers begin alike, so that one search finds every frame.
  package enum Kind: UInt32, CaseIterable, Sendable {
    /// What is in the archive, as text: the first frame, and once more near the end.
    case manifest = 0x184D_2A5C
    /// A second copy of a part of the core that all else hangs on.
    case copy = 0x184D_2A5B
    /// What the blocks of the group before it are.
    case mark = 0x184D_2A5D
    /// Where every block is: the last frame.
    case seekTable = 0x184D_2A5F

    package var identifier: [UInt8] {
      let name =
        switch self {
        case .manifest: "INFO"
        case .copy: "COPY"
        case .mark: "MARK"
        case .seekTable: "SEEK"
        }
      return SkippableFrame.identifierStart + Array(name.utf8)
    }
  }

  static let identifierStart = Array("CORESALVAGE-".utf8)
  /// Magic number and size.
  package static let headerSize = 8
  /// What comes before the content.
  package static let prefixSize = 24
  /// What comes after it.
  package static let digestSize = 8
  /// By how much the size that a frame names is more than its content's.
  package static let sizeAround = prefixSize - headerSize + digestSize
  /// No frame of ours is larger; one that claims to be is not read.
  package static let largest = 32 << 20

  package let kind: Kind
  /// Where it lies in the archive.
  package let range: Range<UInt64>
  /// All of its bytes.
  package let bytes: [UInt8]

  /// The bytes between the identifier and the digest.
  package var content: ArraySlice<UInt8> { bytes[Self.prefixSize..<bytes.count - Self.digestSize] }

  /// The bytes of a frame.
  package static func bytes(_ kind: Kind, _ content: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(content.count + prefixSize + digestSize)
    bytes.append(UInt64(kind.rawValue), size: 4, .little)
    bytes.append(UInt64(content.count + sizeAround), size: 4, .little)
    bytes += kind.identifier
    bytes += content
    bytes.append(Hash.of64(bytes[...]), size: 8, .little)
    return bytes
  }

  /// The frame that begins at `offset`; nil where there is none, or it is damaged.
  package init?(at offset: UInt64, in source: any ByteSource) throws(SalvageError) {
    let prefix = try source.bytes(at: offset, count: Self.prefixSize)
    guard let kind = Self.kind(prefix),
      let size = prefix.span.integer(at: 4, size: 4, .little),
      size <= UInt64(Self.largest), size + UInt64(Self.headerSize) <= source.size - offset,
      Int(size) >= Self.sizeAround
    else { return nil }
    let bytes = try source.bytes(at: offset, count: Int(size) + Self.headerSize)
    let end = bytes.count - Self.digestSize
    guard bytes.count == Int(size) + Self.headerSize,
      bytes.span.integer(at: end, size: 8, .little) == Hash.of64(bytes[..<end])
    else { return nil }
    self.kind = kind
    self.bytes = bytes
    range = offset..<offset + UInt64(bytes.count)
  }

  /// What these first bytes of a frame say that it is, whole or not.
  package static func kind(_ prefix: [UInt8]) -> Kind? {
    guard prefix.count >= prefixSize,
      let magic = prefix.span.integer(at: 0, size: 4, .little),
      let kind = Kind(rawValue: UInt32(magic)),
      prefix[headerSize..<prefixSize].elementsEqual(kind.identifier)
    else { return nil }
    return kind
  }
}
