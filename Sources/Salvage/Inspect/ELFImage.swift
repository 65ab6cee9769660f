internal import ELFCore

/// A program or library: what its ELF header, its program headers and its notes tell, be it in memory or in a file.
struct ELFImage: Hashable, Sendable {
  /// Reads up to so many bytes at an offset; fewer where there are no more.
  typealias Reader = (_ offset: UInt64, _ count: Int) -> [UInt8]

  let header: FileHeader
  let programHeaders: [ProgramHeader]
  /// NT_GNU_BUILD_ID; nil where there is none, or its note isn't there.
  private(set) var buildID: [UInt8]?

  /// No linker writes more.
  private static let mostProgramHeaders = 256
  private static let largestNotes: UInt64 = 64 << 10

  /// As mapped: `read` counts from where the file's first byte lies.
  init?(inMemory read: Reader) {
    self.init(read)
    let first = firstAddress
    findBuildID(read) { $0.address >= first ? $0.address - first : nil }
  }

  /// As in the file.
  init?(inFile source: any ByteSource) {
    let read: Reader = { offset, count in (try? source.bytes(at: offset, count: count)) ?? [] }
    self.init(read)
    findBuildID(read) { $0.fileOffset }
  }

  private init?(_ read: Reader) {
    let bytes = read(0, 64)
    guard let header = FileHeader(bytes.span), header.type == 2 || header.type == 3,
      Int(header.programHeaderEntrySize) == header.format.programHeaderSize
    else { return nil }
    self.header = header
    let size = header.format.programHeaderSize
    let count = min(Int(header.programHeaderCount), Self.mostProgramHeaders)
    let table = read(header.programHeaderOffset, count * size)
    programHeaders = (0..<count).compactMap {
      ProgramHeader(table.span, record: $0 * size, in: header.format)
    }
  }

  /// The address that the file's first byte was linked for.
  var firstAddress: UInt64 {
    guard let load = programHeaders.first(where: { $0.kind == .load }) else { return 0 }
    return load.address &- load.fileOffset
  }

  private mutating func findBuildID(_ read: Reader, _ place: (ProgramHeader) -> UInt64?) {
    let order = header.format.byteOrder
    for segment in programHeaders where segment.kind == .note {
      guard let start = place(segment) else { continue }
      let bytes = read(start, Int(min(segment.fileSize, Self.largestNotes)))
      let alignment: UInt64 = segment.alignment == 8 ? 8 : 4
      var position: UInt64 = 0
      while let ownerSize = bytes.span.integer(at: Int(position), size: 4, order),
        let size = bytes.span.integer(at: Int(position) + 4, size: 4, order),
        let kind = bytes.span.integer(at: Int(position) + 8, size: 4, order)
      {
        let descriptor = roundUp(position + 12 + ownerSize, to: alignment)
        let next = roundUp(descriptor + size, to: alignment)
        guard next > position, descriptor + size <= UInt64(bytes.count) else { break }
        if kind == 3, ownerSize == 4, size > 0, size <= 64,
          bytes.span.cString(at: Int(position) + 12, limit: 4) == Array("GNU".utf8)
        {
          buildID = bytes.span.array(Int(descriptor)..<Int(descriptor + size))
          return
        }
        position = next
      }
    }
  }
}
