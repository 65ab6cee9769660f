package import CoreIO
package import ELFCore

/// Reads single notes of a core, wherever one is thought to be.
package struct NoteReader {
  package let source: any ByteSource
  /// What is there of the source.
  package let present: DamageMap
  package let format: ELFFormat
  private var window: ByteWindow
  /// Lists may be read for so many bytes, each some times: a hostile core's lie over each other.
  private var budget: UInt64
  package let rules: NoteRules
  /// Whether a thread without an id was taken for one.
  package private(set) var hasTakenNoID = false

  init(
    _ source: any ByteSource, _ present: DamageMap, _ format: ELFFormat,
    _ rules: NoteRules = NoteRules()
  ) {
    self.rules = rules
    self.source = source
    self.present = present
    self.format = format
    window = ByteWindow(source)
    budget = min(256 << 20, 8 * min(source.size, 1 << 32))
  }

  /// What a note's header at an offset says; nil where that is not all there. Where the note ends is not looked at.
  ///
  /// - Parameter isPeek: whether what is read next is elsewhere.
  package mutating func note(
    at offset: UInt64, alignment: UInt64, isPeek: Bool = false
  ) throws(SalvageError) -> Note? {
    guard offset < source.size,
      present.survives(offset..<min(offset + UInt64(Note.headerSize), source.size))
    else { return nil }
    let header =
      isPeek
      ? try window.peek(at: offset, count: Note.headerSize)
      : try window.part(at: offset, count: Note.headerSize)
    guard
      let ownerSize = header.span.integer(at: 0, size: 4, format.byteOrder),
      let descriptorSize = header.span.integer(at: 4, size: 4, format.byteOrder),
      let kind = header.span.integer(at: 8, size: 4, format.byteOrder)
    else { return nil }
    let ownerOffset = offset + UInt64(Note.headerSize)
    let length = min(Int(ownerSize), Note.longestOwner)
    let owner =
      isPeek
      ? try window.peek(at: ownerOffset, count: length)
      : try window.part(at: ownerOffset, count: length)
    // The padding after the owner is counted from the note's beginning.
    let headerSize = roundUp(UInt64(Note.headerSize) + ownerSize, to: alignment)
    guard
      let name = KnownNotes.owner(owner)
        ?? owner.span.cString(at: 0, limit: Note.longestOwner)
    else { return nil }
    return Note(
      kind: Note.Kind(rawValue: UInt32(kind)), owner: name, ownerSize: UInt32(ownerSize),
      fileOffset: offset,
      descriptorOffset: offset + headerSize, descriptorSize: descriptorSize)
  }

  /// Whether what a note holds can be what its type says. Only a few types tell that; of others it is true.
  mutating func holdsSense(_ note: Note) throws(SalvageError) -> Bool {
    guard note.isProcessNote else { return true }
    if [.mappedFiles, .auxiliaryVector].contains(note.kind) {
      guard note.descriptorSize <= budget else { return false }
      budget -= note.descriptorSize
    }
    switch note.kind {
    case .mappedFiles:
      let limit = ProcessSnapshot.largestDescriptor
      guard note.descriptorSize <= limit else { return true }
      let bytes = try descriptor(of: note, limit: limit)
      return MappedFiles.isSound(bytes.span, in: format)
    case .auxiliaryVector:
      let bytes = try descriptor(of: note, limit: 1 << 16)
      return AuxiliaryVector.isSound(bytes.span, in: format)
    case .threadStatus:
      // A thread without an id, a signal and registers was zeroed.
      let bytes = try descriptor(of: note, limit: UInt64(ThreadStatus.readableSize))
      if !bytes.isEmpty, bytes.areZeros { return false }
      let machine = rules.threadsHaveIDs ?? Machine(rawValue: 0)
      guard ThreadStatus(bytes.span, machine: machine, in: format)?.id == 0 else { return true }
      hasTakenNoID = rules.threadsHaveIDs == nil
      return hasTakenNoID
    default: return true
    }
  }

  private mutating func descriptor(
    of note: Note, limit: UInt64
  ) throws(SalvageError) -> [UInt8] {
    try window.bytes(at: note.descriptorOffset, count: Int(min(note.descriptorSize, limit)))
  }

  /// Whether a note ends in zeros that it need not have: where zeros follow in which a note was due, some of its own may have
  /// gone with that.
  mutating func endsInStrayZeros(_ note: Note) throws(SalvageError) -> Bool {
    let most = UInt64(KnownNotes.lastZeros(of: note, in: format))
    guard note.descriptorSize > most else { return false }
    let tail = try window.bytes(at: note.fileEnd - most - 1, count: Int(most) + 1)
    return tail.allSatisfy { $0 == 0 }
  }

  /// The zeroed blocks around an offset where zeros stand: file systems and transfers lose whole ones. Empty where the
  /// zeros there fill none.
  mutating func zeroedBlocks(
    around offset: UInt64, in range: Range<UInt64>
  ) throws(SalvageError) -> Range<UInt64> {
    var start = offset & ~(Self.blockSize - 1)
    guard try isZeroed(start) else { return offset..<offset }
    while start > range.lowerBound, start >= Self.blockSize, try isZeroed(start - Self.blockSize) {
      start -= Self.blockSize
    }
    return start..<max(offset, start)
  }

  private static let blockSize: UInt64 = 512

  private mutating func isZeroed(_ block: UInt64) throws(SalvageError) -> Bool {
    let bytes = try window.bytes(at: block, count: Int(Self.blockSize))
    return bytes.count == Int(Self.blockSize) && bytes.areZeros
  }
}
