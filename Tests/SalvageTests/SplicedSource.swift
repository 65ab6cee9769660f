import CoreIO
import SystemPackage

/// A copy of a core in which a block is missing or stands twice. It holds nothing: of large cores a thousand copies can be looked
/// at.
struct SplicedSource: ByteSource {
  /// A core in memory, and where it is not zeros.
  struct Original: Sendable {
    let bytes: [UInt8]
    fileprivate let data: [Range<Int>]

    init(_ bytes: [UInt8]) {
      self.bytes = bytes
      var data: [Range<Int>] = []
      for start in stride(from: 0, to: bytes.count, by: 4096) {
        let end = min(start + 4096, bytes.count)
        guard !bytes[start..<end].isZero else { continue }
        if let last = data.last, last.upperBound == start {
          data[data.count - 1] = last.lowerBound..<end
        } else {
          data.append(start..<end)
        }
      }
      self.data = data
    }
  }

  private let original: Original
  /// Of what comes in it, in order: the parts of the original.
  private let parts: [Range<Int>]

  /// - Parameters:
  ///   - change: how many bytes are missing from `place` on, if it is negative; else how many before it stand twice.
  ///   - size: where the copy ends; nil for where the original does.
  init(_ original: Original, at place: Int, change: Int, cutTo size: Int? = nil) {
    self.original = original
    let first = min(place, size ?? place)
    let whole = place + original.bytes.count - (place - change)
    let rest = max(0, min(size ?? whole, whole) - place)
    parts = [0..<first, place - change..<place - change + rest].filter { !$0.isEmpty }
  }

  var path: FilePath { "spliced" }
  var size: UInt64 { UInt64(parts.reduce(0) { $0 + $1.count }) }
  var unreadable: [Range<UInt64>] { [] }
  func confirmSize() throws(SalvageError) {}

  func read(
    at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) -> Int {
    var start = 0
    var count = 0
    for part in parts {
      let wanted = Int(clamping: offset) + count
      if wanted < start + part.count, wanted >= start, count < buffer.count {
        let first = part.lowerBound + (wanted - start)
        let length = min(buffer.count - count, part.upperBound - first)
        original.bytes.withUnsafeBytes { bytes in
          UnsafeMutableRawBufferPointer(rebasing: buffer[count..<count + length])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[first..<first + length]))
        }
        count += length
      }
      start += part.count
    }
    return count
  }

  func firstData(in range: Range<UInt64>) -> Range<UInt64>? {
    let range = Int(clamping: range.lowerBound)..<Int(clamping: range.upperBound)
    var start = 0
    for part in parts {
      for data in original.data where data.overlaps(part) {
        let here = data.clamped(to: part)
        let shift = start - part.lowerBound
        let found = (here.lowerBound + shift..<here.upperBound + shift)
        if found.overlaps(range) {
          let found = found.clamped(to: range)
          return UInt64(found.lowerBound)..<UInt64(found.upperBound)
        }
      }
      start += part.count
    }
    return nil
  }
}
