package import ELFCore

/// A program or library that was mapped, as the core alone tells of it.
package struct MappedImage: Hashable, Sendable {
  /// As the kernel or ld.so named it, raw; empty where no name survived.
  package let path: [UInt8]
  /// Where the file's first byte was mapped.
  package let base: UInt64
  /// The end of its last mapping.
  package var end: UInt64
  package let buildID: BuildID?
  /// Why there is none.
  package let absence: BuildIDAbsence
  let hasHeaders: Bool

  /// PATH_MAX: the kernel gives no longer one.
  private static let longestPath = 4096

  /// What lies at an address. Its end is that of the last PT_LOAD, or of the segment where even the headers are lost.
  package init(_ path: [UInt8], at base: UInt64, _ memory: borrowing CoreMemory) {
    let found = Candidate(path, at: base, in: memory)
    self.path = Array(path.prefix(Self.longestPath))
    self.base = base
    buildID = found.buildID
    absence = buildID == nil ? BuildIDAbsence(memory, at: base, found.inCore) : .none
    hasHeaders = found.inCore != nil
    guard let headers = found.inCore,
      let last = headers.programHeaders.last(where: { $0.kind == .load })
    else {
      end = memory.segment(at: base)?.addressEnd ?? base
      return
    }
    let (end, overflow) = base.addingReportingOverflow(last.addressEnd &- headers.firstAddress)
    self.end = overflow ? .max : end
  }
}

/// Why a core tells no build-id of a module.
public enum BuildIDAbsence: String, Hashable, Sendable {
  /// What should hold it was in the dump, and is lost.
  case lost
  /// What should hold it was never dumped, as before Linux 2.6.24 or with a filter.
  case notDumped = "not dumped"
  /// What should hold it is there, and has none.
  case none
  /// There is something else than an ELF header.
  case noHeader = "no header"
}

extension BuildIDAbsence {
  /// By what became of the page and the notes that should hold it.
  fileprivate init(_ memory: borrowing CoreMemory, at base: UInt64, _ headers: ImageHeaders?) {
    var fates = memory.fates(of: base..<max(base, base &+ UInt64(FileHeader.magic.count)))
    for (note, size) in headers?.notes ?? [] {
      let start = base &+ (note.address &- (headers?.firstAddress ?? 0))
      let (end, overflow) = start.addingReportingOverflow(size)
      if !overflow { fates += memory.fates(of: start..<memory.nearEnd(of: start..<end)) }
    }
    if fates.contains(where: { $0.fate == .lost }) {
      self = .lost
    } else if !fates.allSatisfy({ $0.fate == .survived }) {
      self = .notDumped
    } else {
      self = headers == nil ? .noHeader : .none
    }
  }
}
