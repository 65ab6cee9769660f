package import CoreIO
internal import ELFCore

/// Checks what stands before and after the groups of an archive: the manifest, the copies, the manifest again.
package struct ArchiveFrames {
  private let file: any ByteSource
  private let table: SeekTable

  package init(_ file: any ByteSource, _ table: SeekTable) {
    self.file = file
    self.table = table
  }

  package func faults() throws(SalvageError) -> [ArchiveFault] {
    var faults: [ArchiveFault] = []
    func note(_ what: String, _ range: Range<UInt64>) {
      faults.append(ArchiveFault(what: what, range: range, coreRange: 0..<0))
    }
    let first = try SkippableFrame(at: 0, in: file)
    if first?.range.upperBound != table.dataOffset
      || first.flatMap(ArchiveGeometry.init(manifest:)) != table.geometry
    {
      note("the manifest", 0..<table.dataOffset)
    }
    let end = file.size - SeekTable.frameSize(table.geometry)
    var offset = table.groupOffsets.last ?? end
    var last: SkippableFrame.Kind?
    while offset < end {
      guard let frame = try SkippableFrame(at: offset, in: file),
        frame.kind == .copy
          ? StructureCopy(frame, table.geometry) != nil
          : frame.range.upperBound == end && ArchiveGeometry(manifest: frame) == table.geometry
      else {
        note("the copies of headers and manifest", offset..<end)
        return faults
      }
      last = frame.kind
      offset = frame.range.upperBound
    }
    if last != .manifest { note("the second manifest is missing", end..<end) }
    return faults
  }
}
