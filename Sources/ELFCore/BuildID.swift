/// NT_GNU_BUILD_ID: the linker's digest of an image, which two builds share only if they are the same.
package struct BuildID: Hashable, Sendable {
  package let bytes: [UInt8]

  private static let owner = Array("GNU".utf8)
  private static let kind: UInt64 = 3
  /// SHA-1 has 20; no linker writes more than this.
  private static let largestSize: UInt64 = 64

  /// One that stands without a note; nil where it is none.
  package init?(digest: [UInt8]) {
    guard (1...Int(Self.largestSize)).contains(digest.count) else { return nil }
    bytes = digest
  }

  /// Finds it in the bytes of a PT_NOTE segment of an image.
  package init?(notes: Span<UInt8>, alignment: UInt64, in format: ELFFormat) {
    let unit = alignment == 8 ? 8 : 4
    var offset = 0
    func padded(_ end: Int) -> Int { (end + unit - 1) / unit * unit }
    while let ownerSize = notes.integer(at: offset, size: 4, format.byteOrder),
      let size = notes.integer(at: offset + 4, size: 4, format.byteOrder),
      let kind = notes.integer(at: offset + 8, size: 4, format.byteOrder),
      ownerSize <= UInt64(notes.count), size <= UInt64(notes.count)
    {
      let descriptor = padded(offset + Note.headerSize + Int(ownerSize))
      let end = descriptor + Int(size)
      guard end <= notes.count else { return nil }
      if kind == Self.kind, (1...Self.largestSize).contains(size),
        notes.cString(at: offset + Note.headerSize, limit: Int(ownerSize)) == Self.owner
      {
        bytes = notes.array(descriptor..<end)
        return
      }
      offset = padded(end)
    }
    return nil
  }
}

extension ImageHeaders {
  /// Of the notes of an image, which have some hundred bytes, no more is read.
  private static let largestNotes: UInt64 = 64 << 10

  /// Its PT_NOTE segments, and how much of each is read.
  package var notes: [(segment: ProgramHeader, size: UInt64)] {
    var left = Self.largestNotes
    return programHeaders.filter { $0.kind == .note }.map { segment in
      let size = min(segment.fileSize, left)
      left -= size
      return (segment, size)
    }
  }

  /// The build-id in its notes: `read` gives what there is of the first so many bytes of a PT_NOTE segment.
  package func buildID<Failure: Error>(
    reading read: (_ segment: ProgramHeader, _ count: Int) throws(Failure) -> [UInt8]
  ) throws(Failure) -> BuildID? {
    for (segment, size) in notes {
      let bytes = try read(segment, Int(size))
      if let found = BuildID(notes: bytes.span, alignment: segment.alignment, in: format) {
        return found
      }
    }
    return nil
  }
}
