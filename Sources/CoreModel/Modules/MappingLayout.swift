internal import CoreIO
internal import ELFCore

/// The mappings that an image asks for, to be held against those that the process had.
///
/// Either direction alone is not enough: a file whose segments all lie inside the mappings, and mappings that all lie
/// inside the file's segments, were each found to accept another build of a library.
struct MappingLayout {
  private struct Part {
    var range: Range<UInt64>
    var fileOffset: UInt64
    var isExecutable: Bool
  }

  /// In order; neighbours that the kernel may have made one are one.
  private let parts: [Part]
  private let base: UInt64
  let bias: UInt64

  /// For an image whose first page lies at `base`; nil where its headers ask for nothing that can be mapped.
  init?(_ headers: ImageHeaders, base: UInt64, pageSize: UInt64) {
    let mask = ~(pageSize - 1)
    let loads = headers.loads
    guard let first = loads.first(where: { $0.fileOffset & mask == 0 && $0.fileSize > 0 }) else {
      return nil
    }
    bias = base &- (first.address & mask)
    self.base = base
    var parts: [Part] = []
    for load in loads where load.fileSize > 0 {
      let start = bias &+ (load.address & mask)
      let (end, overflow) = (bias &+ load.address).addingReportingOverflow(load.fileSize)
      let last = roundUp(end, to: pageSize)
      // At the end of the address space there is no next page to round up to.
      guard !overflow, start <= bias &+ load.address, end > start, last >= end else { return nil }
      let part = Part(
        range: start..<last, fileOffset: load.fileOffset & mask,
        isExecutable: load.flags.contains(.execute))
      if let last = parts.last {
        guard part.range.lowerBound >= last.range.upperBound else { return nil }
        if part.range.lowerBound == last.range.upperBound,
          part.fileOffset == last.fileOffset &+ last.range.length,
          part.isExecutable == last.isExecutable
        {
          parts[parts.count - 1].range = last.range.lowerBound..<part.range.upperBound
          continue
        }
      }
      parts.append(part)
    }
    guard !parts.isEmpty else { return nil }
    self.parts = parts
  }

  /// How many of the mappings from `first` on are the image's, if they are all that it asks for and no others.
  /// `segment` gives the segment of the core at an address.
  func match(
    _ mappings: [MappedFiles.Entry], from first: Int, segment: (UInt64) -> ProgramHeader?
  ) -> Int? {
    var part = 0
    var next = parts[0].range.lowerBound
    var index = first
    while part < parts.count {
      guard index < mappings.count, mappings[index].path == mappings[first].path else { return nil }
      let mapping = mappings[index]
      index += 1
      if isLeftover(mapping, before: parts[part].range.lowerBound, next) { continue }
      let wanted = parts[part]
      guard mapping.range.lowerBound == next, mapping.range.upperBound <= wanted.range.upperBound,
        mapping.fileOffset == wanted.fileOffset &+ (next - wanted.range.lowerBound),
        isAllowed(segment(next), wanted)
      else { return nil }
      next = mapping.range.upperBound
      guard next == wanted.range.upperBound else { continue }
      part += 1
      if part < parts.count { next = parts[part].range.lowerBound }
    }
    return index - first
  }

  /// Whether the core has memory just where the image asks for it, in segments that neither begin before nor end after
  /// its own: what is left to compare where nothing tells which file was mapped.
  func fits(_ memory: CoreMemory) -> Bool {
    memory.index(at: base).map { fits(memory, at: $0) } ?? false
  }

  /// The same for an image that lies where a segment begins. A place that is none costs a look at that one, as a rule.
  func fits(_ memory: CoreMemory, at first: Int) -> Bool {
    let shift = memory.segments[first].address &- base
    var index = first
    for part in parts {
      let start = part.range.lowerBound &+ shift
      let (end, overflow) = start.addingReportingOverflow(part.range.length)
      guard !overflow, let found = memory.index(beginningAt: start, from: index) else {
        return false
      }
      index = found
      var next = start
      while next < end {
        guard index < memory.segments.count else { return false }
        let segment = memory.segments[index]
        guard segment.address == next, segment.memoryEnd <= end,
          segment.flags.contains(.execute) == part.isExecutable
        else { return false }
        next = segment.memoryEnd
        index += 1
      }
    }
    return true
  }

  /// How long the image's first part is.
  var firstLength: UInt64 { parts[0].range.length }

  /// The mappings that it asks for.
  func mappings(_ path: [UInt8]) -> [MappedFiles.Entry] {
    parts.map { MappedFiles.Entry(range: $0.range, fileOffset: $0.fileOffset, path: path) }
  }

  /// Between an image's segments a piece of the linker's first mapping of the whole may be left, with no rights.
  private func isLeftover(
    _ mapping: MappedFiles.Entry, before start: UInt64, _ next: UInt64
  ) -> Bool {
    next == start && mapping.range.lowerBound > base && mapping.range.upperBound <= start
      && mapping.fileOffset == mapping.range.lowerBound - base
  }

  private func isAllowed(_ segment: ProgramHeader?, _ part: Part) -> Bool {
    // Old personalities make all that can be read executable; nothing takes the right away from code.
    guard let segment else { return true }
    return !part.isExecutable || segment.flags.contains(.execute)
  }
}
