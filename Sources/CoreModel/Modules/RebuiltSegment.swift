package import ELFCore

/// A stretch of memory of the new core whose bytes are not the dump's: an entry of the REBUILT note.
package struct RebuiltSegment: Hashable, Sendable {
  package enum Content: Hashable, Sendable {
    case bytes([UInt8])
    /// Bytes of a file from an offset on.
    case file(ModuleFile, UInt64)
  }

  package var range: Range<UInt64>
  package var flags: ProgramHeader.Flags
  package var content: Content
  package var source: RebuiltRange.Source
  /// The file that vouches for it, raw; empty where it is made from more than one.
  package var path: [UInt8]

  /// Read-only as a rule: chap looks for nodes in what is writable, and needs something above that.
  package init(
    at address: UInt64, _ bytes: [UInt8], flags: ProgramHeader.Flags = [.read], path: [UInt8] = []
  ) {
    range = address..<address &+ UInt64(bytes.count)
    self.flags = flags
    content = .bytes(bytes)
    source = .linkMap
    self.path = path
  }

  package init(
    _ range: Range<UInt64>, of file: ModuleFile, at offset: UInt64, flags: ProgramHeader.Flags,
    path: [UInt8]
  ) {
    self.range = range
    self.flags = flags
    content = .file(file, offset)
    source = .mappedFile
    self.path = path
  }
}

extension [RebuiltSegment] {
  /// By address, and without those that lie over an earlier one: no address may have two meanings.
  package var apart: [RebuiltSegment] {
    var result: [RebuiltSegment] = []
    for segment in sorted(by: { $0.range.lowerBound < $1.range.lowerBound })
    where !segment.range.isEmpty
      && result.last.map({ $0.range.upperBound <= segment.range.lowerBound }) ?? true
    {
      result.append(segment)
    }
    return result
  }
}
