internal import CoreIO
package import ELFCore

extension CoreStructure {
  /// The program headers as they were before the core was repaired: those that are left, without what was put in, and what
  /// the notes list as lost. Of what was lost, memory that was never dumped is not known.
  package func tableBefore(
    lost: [LostRange], rebuilt: [RebuiltRange], notes: [ProgramHeader]
  ) -> HeaderTable {
    let added = Set(rebuilt.map { [$0.address, $0.length] })
    let marked = Set(lost.lazy.filter { $0.state == .zeroMarked }.map(\.address))
    var before = self
    before.table = HeaderTable()
    func append(_ header: ProgramHeader) {
      before.table.append(header, number: before.table.headers.count)
    }
    notes.forEach(append)
    for var header in programHeaders where header.kind != .note {
      if header.kind == .load {
        if added.contains([header.address, header.fileSize]) { continue }
        if header.fileSize == 0, marked.contains(header.address) { continue }
        if marked.contains(header.dumpedEnd) { header.memorySize = header.fileSize }
      }
      append(header)
    }
    for range in rebuilt where range.range.headerIndex != nil && range.range.fileOffset == 0 {
      append(
        ProgramHeader(
          kind: .load, flags: range.range.flags, fileOffset: 0, address: range.address,
          fileSize: 0, memorySize: range.length, alignment: 4096))
    }
    return before.restoring(lost.filter { $0.state != .padded }).table
  }

  /// Takes program headers that are known from elsewhere for those that are lost.
  mutating func replace(_ table: HeaderTable) {
    self.table = table
    notesAreFound = false
    let end = table.headers.lazy.filter { $0.fileSize > 0 }.map { $0.fileEnd ?? .max }.max() ?? 0
    sizeDue = sizeDue.map { max($0, end) }.flatMap { $0 <= UInt64(Int64.max) ? $0 : nil }
  }
}
