/// The headers of a program or shared library, as they stand at the beginning of its file and, mapped, of its memory.
package struct ImageHeaders: Hashable, Sendable {
  package let header: FileHeader
  package let programHeaders: [ProgramHeader]

  /// `ET_EXEC`: linked for one place.
  package static let executable: UInt16 = 2
  /// `ET_DYN`: a shared library or a program that may lie anywhere.
  package static let shared: UInt16 = 3
  /// Linkers write about a dozen; a table that claims more is no program's.
  private static let mostProgramHeaders = 512

  /// Reads the beginning of an image; nil where that is none, or where its table isn't inside.
  package init?(_ bytes: Span<UInt8>) {
    guard let header = FileHeader(bytes), [Self.executable, Self.shared].contains(header.type),
      Int(header.programHeaderEntrySize) == header.format.programHeaderSize,
      Int(header.programHeaderCount) <= Self.mostProgramHeaders,
      let start = Int(exactly: header.programHeaderOffset), start <= bytes.count
    else { return nil }
    var headers: [ProgramHeader] = []
    for index in 0..<Int(header.programHeaderCount) {
      let record = start + index * header.format.programHeaderSize
      guard let entry = ProgramHeader(bytes, record: record, in: header.format) else { return nil }
      headers.append(entry)
    }
    self.header = header
    programHeaders = headers
  }

  package var format: ELFFormat { header.format }

  /// The segments that are mapped, by address.
  package var loads: [ProgramHeader] {
    programHeaders.filter { $0.kind == .load && $0.memorySize > 0 }
      .sorted { $0.address < $1.address }
  }

  package func first(_ kind: ProgramHeader.Kind) -> ProgramHeader? {
    programHeaders.first { $0.kind == kind }
  }

  /// The address that the file's first byte was linked for.
  package var firstAddress: UInt64 {
    guard let load = programHeaders.first(where: { $0.kind == .load }) else { return 0 }
    return load.address &- load.fileOffset
  }

  /// Where the dynamic section lies (`l_ld`) of an image that lies so far from where it was linked for.
  package func dynamicRange(bias: UInt64) -> Range<UInt64>? {
    guard let segment = first(.dynamic) else { return nil }
    let start = bias &+ segment.address
    let (end, overflow) = start.addingReportingOverflow(segment.memorySize)
    return overflow || segment.memorySize == 0 ? nil : start..<end
  }

  /// How many bytes from the start of a file hold the headers of nearly every program.
  package static let readableSize = 4096
}
