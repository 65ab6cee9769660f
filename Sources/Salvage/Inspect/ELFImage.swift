package import CoreModel
package import ELFCore

/// A program or library, be it in memory or in a file: its headers and its build-id.
package struct ELFImage: Hashable, Sendable {
  package let headers: ImageHeaders
  /// nil where there is none, or its note isn't there.
  package let buildID: [UInt8]?

  private static let largestNotes: UInt64 = 64 << 10

  /// As mapped, its first byte at `base`.
  init?(_ memory: CoreMemory, at base: UInt64) {
    let bytes = memory.readable(at: base, count: ImageHeaders.readableSize)
    guard let headers = ImageHeaders(bytes.span) else { return nil }
    self.init(headers) { segment in
      memory.readable(
        at: base &+ (segment.address &- headers.firstAddress),
        count: Int(min(segment.fileSize, Self.largestNotes)))
    }
  }

  /// Why no build-id is read at a place of the memory: by what became of the page and the notes that should hold it.
  package static func absence(
    _ memory: CoreMemory, at base: UInt64, _ image: ELFImage?
  ) -> Inspection.Module.BuildIDAbsence {
    var fates = memory.fates(of: base..<max(base, base &+ UInt64(FileHeader.magic.count)))
    for note in image?.headers.programHeaders.filter({ $0.kind == .note }) ?? [] {
      let start = base &+ (note.address &- (image?.headers.firstAddress ?? 0))
      let (end, overflow) = start.addingReportingOverflow(min(note.fileSize, largestNotes))
      if !overflow { fates += memory.fates(of: start..<end) }
    }
    if fates.contains(where: { $0.fate == .lost }) { return .lost }
    guard fates.allSatisfy({ $0.fate == .survived }) else { return .notDumped }
    return image == nil ? .noHeader : .none
  }

  private init(_ headers: ImageHeaders, notes: (ProgramHeader) -> [UInt8]) {
    self.headers = headers
    var found: BuildID?
    for segment in headers.programHeaders where segment.kind == .note && found == nil {
      found = BuildID(
        notes: notes(segment).span, alignment: segment.alignment, in: headers.format)
    }
    buildID = found?.bytes
  }
}

extension ImageHeaders {
  /// The address that the file's first byte was linked for.
  var firstAddress: UInt64 {
    guard let load = programHeaders.first(where: { $0.kind == .load }) else { return 0 }
    return load.address &- load.fileOffset
  }
}
