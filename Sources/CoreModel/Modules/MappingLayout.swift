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
  ///
  /// - Parameter mayBeMoved: whether a part of it may be memory of no file: programs move their code to huge pages.
  func match(
    _ mappings: [MappedFiles.Entry], from first: Int, _ memory: CoreMemory, mayBeMoved: Bool
  ) -> Int? {
    var part = 0
    var next = parts[0].range.lowerBound
    var index = first
    while part < parts.count {
      let wanted = parts[part]
      let mapping = index < mappings.count ? mappings[index] : nil
      let own = mapping.flatMap { $0.path == mappings[first].path ? $0 : nil }
      if let own, isLeftover(own, before: wanted.range.lowerBound, next) {
        index += 1
        continue
      }
      let end = min(mapping?.range.lowerBound ?? .max, wanted.range.upperBound)
      if end > next {
        guard mayBeMoved, isMoved(next..<end, wanted, memory) else { return nil }
        next = end
      } else {
        guard let own, own.range.lowerBound == next,
          own.range.upperBound <= wanted.range.upperBound,
          own.fileOffset == wanted.fileOffset &+ (next - wanted.range.lowerBound),
          isAllowed(memory.segment(at: next), wanted)
        else { return nil }
        next = own.range.upperBound
        index += 1
      }
      guard next == wanted.range.upperBound else { continue }
      part += 1
      if part < parts.count { next = parts[part].range.lowerBound }
    }
    return index - first
  }

  /// Whether there is memory all over a range, with the rights of a part.
  private func isMoved(_ range: Range<UInt64>, _ part: Part, _ memory: CoreMemory) -> Bool {
    guard var index = memory.index(at: range.lowerBound) else { return false }
    var next = range.lowerBound
    for _ in 0..<Self.mostPieces where next < range.upperBound {
      guard index < memory.segments.count, memory.segments[index].address <= next,
        isAllowed(memory.segments[index], part)
      else { return false }
      next = memory.segments[index].memoryEnd
      index += 1
    }
    return next >= range.upperBound
  }

  /// Nobody moves code in more pieces.
  private static let mostPieces = 64

  /// How the memory that an image asks for stands in the core's segments.
  enum Segmentation {
    /// In segments that neither begin before nor end after its own.
    case own
    /// QEMU's user mode makes one segment of neighbours that have the same rights: where code begins and ends, one does, and
    /// where the image begins.
    case merged
  }

  /// Whether the core has memory just where the image asks for it: what is left to compare where nothing tells which file
  /// was mapped.
  func fits(_ memory: CoreMemory, _ segmentation: Segmentation = .own) -> Bool {
    memory.index(at: base).map { fits(memory, at: $0, segmentation) } ?? false
  }

  /// The same for an image that lies where a segment begins. A place that is none costs a look at that one, as a rule.
  func fits(_ memory: CoreMemory, at first: Int, _ segmentation: Segmentation = .own) -> Bool {
    let shift = memory.segments[first].address &- base
    var index = first
    for part in parts {
      let start = part.range.lowerBound &+ shift
      let (end, overflow) = start.addingReportingOverflow(part.range.length)
      guard !overflow else { return false }
      if segmentation == .merged, !part.isExecutable, index > first,
        memory.segments[index - 1].memoryEnd > start
      {
        // It goes on in the segment that the part before it ended in.
        index -= 1
      } else {
        guard let found = memory.index(beginningAt: start, from: index) else { return false }
        index = found
      }
      var next = start
      while next < end {
        guard index < memory.segments.count else { return false }
        let segment = memory.segments[index]
        guard segment.address <= next,
          segment.memoryEnd <= end || segmentation == .merged && !part.isExecutable,
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
