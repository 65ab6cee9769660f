/// `ElfN_Nhdr` and what follows it: one note of a PT_NOTE segment, whose descriptor stays where it is.
package struct Note: Hashable, Sendable {
  /// `n_type`, an open set; the same number means different things under another owner.
  @usableFromInline
  package struct Kind: RawRepresentable, Hashable, Sendable {
    @usableFromInline
    package let rawValue: UInt32
    @inlinable
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    /// Not the one for all that have a raw value: that one is called through a table of functions.
    @inlinable
    package static func == (one: Kind, other: Kind) -> Bool { one.rawValue == other.rawValue }
    /// `NT_PRSTATUS`: one thread, its registers in it.
    @inlinable package static var threadStatus: Kind { Kind(rawValue: 1) }
    /// `NT_PRFPREG`: the floating-point registers of the thread before it.
    @inlinable package static var floatingPoint: Kind { Kind(rawValue: 2) }
    /// `NT_PRXFPREG`
    @inlinable package static var extendedFloatingPoint: Kind { Kind(rawValue: 0x46e6_2b7f) }
    /// `NT_PRPSINFO`: the process.
    @inlinable package static var processInfo: Kind { Kind(rawValue: 3) }
    /// `NT_AUXV`
    @inlinable package static var auxiliaryVector: Kind { Kind(rawValue: 6) }
    /// `NT_SIGINFO`
    @inlinable package static var signalInfo: Kind { Kind(rawValue: 0x5349_4749) }
    /// `NT_FILE`: which files are mapped where.
    @inlinable package static var mappedFiles: Kind { Kind(rawValue: 0x4649_4c45) }
  }

  package var kind: Kind
  /// The owner, without its NUL. Of a longer one than `longestOwner`, its beginning.
  package var owner: [UInt8]
  /// `n_namesz`: the owner's size with its NUL.
  package var ownerSize: UInt32
  /// Where the note's header lies in the file.
  package var fileOffset: UInt64
  /// Where its descriptor lies in the file, and how long it is (`n_descsz`).
  package var descriptorOffset: UInt64
  package var descriptorSize: UInt64

  package init(
    kind: Kind, owner: [UInt8], ownerSize: UInt32, fileOffset: UInt64, descriptorOffset: UInt64,
    descriptorSize: UInt64
  ) {
    self.kind = kind
    self.owner = owner
    self.ownerSize = ownerSize
    self.fileOffset = fileOffset
    self.descriptorOffset = descriptorOffset
    self.descriptorSize = descriptorSize
  }

  /// The end of the descriptor, before any padding.
  package var fileEnd: UInt64 { descriptorOffset &+ descriptorSize }

  /// `sizeof(ElfN_Nhdr)`: three words in both classes.
  package static let headerSize = 12
  /// No owner in use is longer than this.
  package static let longestOwner = 64

  /// The bytes of a note up to its descriptor, padded to `alignment` 4 as every core's notes are.
  package static func header(
    kind: Kind, owner: [UInt8], descriptorSize: UInt64, in format: ELFFormat
  ) -> [UInt8] {
    var bytes = header(
      kind: kind, ownerSize: UInt32(owner.count + 1), descriptorSize: descriptorSize, in: format)
    bytes.append(contentsOf: owner)
    bytes.append(0)
    bytes.pad(to: 4)
    return bytes
  }

  /// `ElfN_Nhdr` alone.
  package static func header(
    kind: Kind, ownerSize: UInt32, descriptorSize: UInt64, in format: ELFFormat
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(UInt64(ownerSize), size: 4, format.byteOrder)
    bytes.append(descriptorSize, size: 4, format.byteOrder)
    bytes.append(UInt64(kind.rawValue), size: 4, format.byteOrder)
    return bytes
  }
}
