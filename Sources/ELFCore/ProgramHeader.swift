/// `p_flags`: what the process was allowed to do with a segment. Bits that we don't know are carried through.
public struct SegmentFlags: OptionSet, Hashable, Sendable {
  /// All bits.
  public let rawValue: UInt32
  /// Any bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// `PF_X`
  public static let execute = SegmentFlags(rawValue: 1)
  /// `PF_W`
  public static let write = SegmentFlags(rawValue: 2)
  /// `PF_R`
  public static let read = SegmentFlags(rawValue: 4)
}

/// `ElfN_Phdr`: one segment. All fields are widened to 64 bits.
///
/// Other modules look at each of a million of them: what is inlinable of a type of the package is inlined there only where the
/// type itself, and each field, is said to be usable from there.
@usableFromInline
package struct ProgramHeader: Hashable, Sendable {
  /// `p_type`, an open set: what we don't know is carried through.
  @usableFromInline
  package struct Kind: RawRepresentable, Hashable, Sendable {
    @usableFromInline
    package let rawValue: UInt32
    @inlinable
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    /// Not the one for all that have a raw value: that one is called through a table of functions.
    @inlinable
    package static func == (one: Kind, other: Kind) -> Bool { one.rawValue == other.rawValue }
    @inlinable package static var null: Kind { Kind(rawValue: 0) }
    @inlinable package static var load: Kind { Kind(rawValue: 1) }
    @inlinable package static var dynamic: Kind { Kind(rawValue: 2) }
    @inlinable package static var interpreter: Kind { Kind(rawValue: 3) }
    @inlinable package static var note: Kind { Kind(rawValue: 4) }
    @inlinable package static var programHeaders: Kind { Kind(rawValue: 6) }
    /// `PT_GNU_RELRO`: what is read-only once it is relocated.
    @inlinable package static var relro: Kind { Kind(rawValue: 0x6474_e552) }
    /// `PT_GNU_EH_FRAME`: the table of functions for who unwinds a stack.
    @inlinable package static var frameTable: Kind { Kind(rawValue: 0x6474_e550) }
  }

  @usableFromInline package typealias Flags = SegmentFlags

  @usableFromInline package var kind: Kind
  @usableFromInline package var flags: Flags
  @usableFromInline package var fileOffset: UInt64
  @usableFromInline package var address: UInt64
  @usableFromInline package var physicalAddress: UInt64
  @usableFromInline package var fileSize: UInt64
  @usableFromInline package var memorySize: UInt64
  @usableFromInline package var alignment: UInt64

  package init(
    kind: Kind, flags: Flags, fileOffset: UInt64, address: UInt64, physicalAddress: UInt64 = 0,
    fileSize: UInt64, memorySize: UInt64, alignment: UInt64
  ) {
    self.kind = kind
    self.flags = flags
    self.fileOffset = fileOffset
    self.address = address
    self.physicalAddress = physicalAddress
    self.fileSize = fileSize
    self.memorySize = memorySize
    self.alignment = alignment
  }

  /// `Elf32_Phdr` and `Elf64_Phdr`. In the 64-bit one, `p_flags` moves up to fill a gap.
  package enum Layout {
    package static let type = Field("p_type", .word, at32: 0, at64: 0)
    package static let flags = Field("p_flags", .word, at32: 24, at64: 4)
    package static let fileOffset = Field("p_offset", .native, at32: 4, at64: 8)
    package static let address = Field("p_vaddr", .native, at32: 8, at64: 16)
    package static let physicalAddress = Field("p_paddr", .native, at32: 12, at64: 24)
    package static let fileSize = Field("p_filesz", .native, at32: 16, at64: 32)
    package static let memorySize = Field("p_memsz", .native, at32: 20, at64: 40)
    package static let alignment = Field("p_align", .native, at32: 28, at64: 48)
  }

  /// Reads the entry that begins at `record`; nil where it is cut.
  package init?(_ bytes: Span<UInt8>, record: Int = 0, in format: ELFFormat) {
    // What most cores are is told once for all fields, and not for each.
    if format == Self.mostCores {
      self.init(fieldsOf: bytes, record, in: Self.mostCores)
    } else {
      self.init(fieldsOf: bytes, record, in: format)
    }
  }

  private static var mostCores: ELFFormat { ELFFormat(width: .bits64, byteOrder: .little) }

  @inline(__always)
  private init?(fieldsOf bytes: Span<UInt8>, _ record: Int, in format: ELFFormat) {
    guard record >= 0, record <= bytes.count - format.programHeaderSize,
      let type = Layout.type.read(bytes, record: record, in: format),
      let flags = Layout.flags.read(bytes, record: record, in: format),
      let fileOffset = Layout.fileOffset.read(bytes, record: record, in: format),
      let address = Layout.address.read(bytes, record: record, in: format),
      let physicalAddress = Layout.physicalAddress.read(bytes, record: record, in: format),
      let fileSize = Layout.fileSize.read(bytes, record: record, in: format),
      let memorySize = Layout.memorySize.read(bytes, record: record, in: format),
      let alignment = Layout.alignment.read(bytes, record: record, in: format)
    else { return nil }
    self.init(
      kind: Kind(rawValue: UInt32(type)), flags: Flags(rawValue: UInt32(flags)),
      fileOffset: fileOffset, address: address, physicalAddress: physicalAddress,
      fileSize: fileSize, memorySize: memorySize, alignment: alignment)
  }

  private static let blank = [UInt8](repeating: 0, count: 64)

  /// Appends the entry to a table.
  package func append(to bytes: inout [UInt8], in format: ELFFormat) {
    if format == Self.mostCores {
      appendFields(to: &bytes, in: Self.mostCores)
    } else {
      appendFields(to: &bytes, in: format)
    }
  }

  @inline(__always)
  private func appendFields(to bytes: inout [UInt8], in format: ELFFormat) {
    let record = bytes.count
    bytes.append(contentsOf: Self.blank[..<format.programHeaderSize])
    Layout.type.write(UInt64(kind.rawValue), to: &bytes, record: record, in: format)
    Layout.flags.write(UInt64(flags.rawValue), to: &bytes, record: record, in: format)
    Layout.fileOffset.write(fileOffset, to: &bytes, record: record, in: format)
    Layout.address.write(address, to: &bytes, record: record, in: format)
    Layout.physicalAddress.write(physicalAddress, to: &bytes, record: record, in: format)
    Layout.fileSize.write(fileSize, to: &bytes, record: record, in: format)
    Layout.memorySize.write(memorySize, to: &bytes, record: record, in: format)
    Layout.alignment.write(alignment, to: &bytes, record: record, in: format)
  }

  /// `p_offset + p_filesz`, or nil where the sum overflows: no file has such a segment.
  @inlinable
  package var fileEnd: UInt64? {
    let (end, overflow) = fileOffset.addingReportingOverflow(fileSize)
    return overflow ? nil : end
  }

  /// `p_vaddr + p_memsz`, held at the end of the address space.
  @inlinable
  package var addressEnd: UInt64 {
    let (end, overflow) = address.addingReportingOverflow(memorySize)
    return overflow ? .max : end
  }

  /// The end of its bytes in the file, as an address.
  @inlinable
  package var dumpedEnd: UInt64 {
    let (end, overflow) = address.addingReportingOverflow(fileSize)
    return overflow ? .max : end
  }

  /// The end of its memory: some writers leave `p_memsz` below `p_filesz`.
  @inlinable
  package var memoryEnd: UInt64 { max(addressEnd, dumpedEnd) }
}
