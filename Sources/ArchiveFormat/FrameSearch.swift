internal import CoreIO
internal import ELFCore

/// Finds frames of ours wherever they lie in a damaged archive.
struct FrameSearch {
  private let file: any ByteSource
  /// Frames that claim to be long and are none may cost this much reading in all.
  private var budget: UInt64

  init(_ file: any ByteSource) {
    self.file = file
    budget = min(file.size, 1 << 60) + 64 << 20
  }

  /// Hands over every sound frame in the order of the file.
  mutating func forEach(
    _ body: (SkippableFrame) throws(SalvageError) -> Void
  ) throws(SalvageError) {
    let pattern = SkippableFrame.identifierStart
    var window = SearchWindow(file)
    while try window.advance(overlap: pattern.count - 1), budget > 0 {
      var position = window.range.lowerBound
      while budget > 0, let found = window.first(pattern, from: position) {
        position = found + 1
        guard let frame = try frame(identifiedAt: found) else { continue }
        try body(frame)
        position = frame.range.upperBound
      }
      window.skip(to: position)
    }
  }

  /// Whether a sound frame begins before that offset.
  mutating func hasFrame(before end: UInt64) throws(SalvageError) -> Bool {
    let pattern = SkippableFrame.identifierStart
    var window = SearchWindow(file)
    while try window.advance(overlap: pattern.count - 1), window.range.lowerBound < end {
      var position = window.range.lowerBound
      while budget > 0, let found = window.first(pattern, from: position) {
        position = found + 1
        if try frame(identifiedAt: found) != nil { return true }
      }
    }
    return false
  }

  /// The frame whose identifier begins at `place`. One that is none costs what it claims to be long.
  private mutating func frame(
    identifiedAt place: UInt64
  ) throws(SalvageError) -> SkippableFrame? {
    guard place >= UInt64(SkippableFrame.headerSize) else { return nil }
    let start = place - UInt64(SkippableFrame.headerSize)
    if let frame = try SkippableFrame(at: start, in: file) { return frame }
    let word = try file.bytes(at: start + 4, count: 4)
    let size = word.span.integer(at: 0, size: 4, .little) ?? 0
    budget -= min(budget, min(size, UInt64(SkippableFrame.largest)))
    return nil
  }

  /// Where the pattern stands first in a range. What can't be read holds nothing.
  func first(
    _ pattern: [UInt8], from start: UInt64, to end: UInt64
  ) throws(SalvageError) -> UInt64? {
    var window = SearchWindow(file, from: start)
    while try window.advance(overlap: pattern.count - 1), window.range.lowerBound < end {
      if let found = window.first(pattern, from: start) { return found < end ? found : nil }
    }
    return nil
  }
}
