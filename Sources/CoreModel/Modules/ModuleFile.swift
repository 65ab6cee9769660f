package import CoreIO
package import ELFCore
package import SystemPackage

/// A program or library on disk that may be one that the process had mapped: its headers, and a way to its bytes.
///
/// It is not held open: a process may have mapped more files than we may open. Whoever reads it again gets the same
/// file or an error.
package final class ModuleFile: Sendable {
  package let path: FilePath
  package let identity: FileIdentity
  package let headers: ImageHeaders
  /// Its beginning, a page or all of it.
  package let firstBytes: [UInt8]
  package let buildID: BuildID?
  /// The folder that stands for the root of its machine; nil for this one.
  let root: FilePath?
  private let reader: FileReader

  /// Throws where it can't be read; nil where it is no ELF image.
  package init?(
    _ file: InputFile, below root: FilePath?, reader: FileReader
  ) throws(SalvageError) {
    let firstBytes = try file.bytes(at: 0, count: ImageHeaders.readableSize)
    guard let headers = ImageHeaders(firstBytes.span) else { return nil }
    self.firstBytes = firstBytes
    self.headers = headers
    self.root = root
    self.reader = reader
    path = file.path
    identity = file.identity
    buildID = try headers.buildID { (segment, count) throws(SalvageError) in
      try file.bytes(at: segment.fileOffset, count: count)
    }
  }

  /// Opens it again. Throws where another file has its name now, or it was written to.
  package func open() throws(SalvageError) -> InputFile {
    let file = try reader.open(path, below: root)
    guard file.identity == identity else {
      throw SalvageError(
        .io(.staleNFSFileHandle, call: "read (it was changed meanwhile)"), file: path)
    }
    return file
  }

  /// Up to `count` bytes from `offset` on; fewer only at the end.
  package func bytes(at offset: UInt64, count: Int) throws(SalvageError) -> [UInt8] {
    try open().bytes(at: offset, count: count)
  }

  /// Its dynamic section as the linker wrote it; nil where it has none.
  package func dynamicSection() throws(SalvageError) -> DynamicSection? {
    guard let segment = headers.first(.dynamic), segment.fileSize <= DynamicSection.largestSize
    else { return nil }
    let bytes = try bytes(at: segment.fileOffset, count: Int(segment.fileSize))
    return DynamicSection(bytes.span, in: headers.format)
  }

  /// Its sections of code; none where it has no section headers.
  package var codeSections: [SectionHeader.Code] {
    let format = headers.format
    let size = format.sectionHeaderSize
    let count = min(Int(headers.header.sectionHeaderCount), 4096)
    guard headers.header.sectionHeaderOffset > 0,
      Int(headers.header.sectionHeaderEntrySize) == size,
      let bytes = try? bytes(at: headers.header.sectionHeaderOffset, count: count * size)
    else { return [] }
    return stride(from: 0, through: bytes.count - size, by: size).compactMap { record in
      SectionHeader.Code(bytes.span, record: record, in: format)
    }
  }

  /// Whether its code is in it: a file of debug information has the headers of the image, and only says where the code was.
  package var holdsItsCode: Bool {
    let sections = codeSections
    return sections.isEmpty || sections.contains(where: \.isPresent)
  }

  /// Where a byte of the image, by the address that it was linked for, stands in the file.
  package func fileOffset(of address: UInt64) -> UInt64? {
    for load in headers.loads where load.address <= address {
      let delta = address - load.address
      if delta < load.fileSize {
        let (offset, overflow) = load.fileOffset.addingReportingOverflow(delta)
        return overflow ? nil : offset
      }
    }
    return nil
  }
}

extension ModuleFile: Hashable {
  package static func == (left: ModuleFile, right: ModuleFile) -> Bool {
    left.path == right.path && left.identity == right.identity
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(path)
    hasher.combine(identity)
  }
}

extension ModuleFile {
  /// A name in it is no longer than this.
  private static let longestName = 4096

  /// The dynamic linker that the program wants; nil for what wants none.
  package func interpreter() throws(SalvageError) -> [UInt8]? {
    guard let segment = headers.first(.interpreter) else { return nil }
    let bytes = try bytes(
      at: segment.fileOffset, count: Int(min(segment.fileSize, UInt64(Self.longestName))))
    return bytes.span.cString(at: 0, limit: Self.longestName)
  }

  /// The libraries that it wants (DT_NEEDED), in order.
  package func neededNames() throws(SalvageError) -> [[UInt8]] {
    guard let dynamic = try dynamicSection(), let table = dynamic.first(.stringTable)?.value,
      let start = fileOffset(of: table)
    else { return [] }
    let file = try open()
    var names: [[UInt8]] = []
    for entry in dynamic.entries where entry.tag == .needed {
      let (offset, overflow) = start.addingReportingOverflow(entry.value)
      guard !overflow else { continue }
      let bytes = try file.bytes(at: offset, count: Self.longestName)
      if let name = bytes.span.cString(at: 0, limit: Self.longestName), !name.isEmpty {
        names.append(name)
      }
    }
    return names
  }

  /// The address that an exported symbol was linked for. Looked for among the first thousands, which is all that a
  /// dynamic linker has.
  package func symbol(_ name: String) throws(SalvageError) -> UInt64? {
    guard let dynamic = try dynamicSection(),
      let table = dynamic.first(.symbolTable)?.value, let tableOffset = fileOffset(of: table),
      let strings = dynamic.first(.stringTable)?.value, let stringsOffset = fileOffset(of: strings)
    else { return nil }
    // Linkers put the strings right after the symbols.
    let limit: UInt64 = 1 << 18
    let tableSize = strings > table ? min(strings - table, limit) : limit
    let file = try open()
    let tableBytes = try file.bytes(at: tableOffset, count: Int(tableSize))
    let stringBytes = try file.bytes(
      at: stringsOffset, count: Int(min(dynamic.first(.stringSize)?.value ?? limit, limit)))
    return DynamicSymbols.value(
      of: name, table: tableBytes.span, strings: stringBytes.span, in: headers.format)
  }
}
