internal import Synchronization
package import SystemPackage

/// A file of which parts may be unreadable: it reads around them, page by page, gives zeros in their place, and remembers
/// them.
package final class TolerantSource: ByteSource {
  package let file: InputFile
  package var backingFile: InputFile? { file }
  private let damage = Mutex(Damage())

  fileprivate struct Damage {
    /// In order, apart from each other.
    var ranges: [Range<UInt64>] = []
    /// Each failed read may take a failing disk seconds.
    var failures = 0
  }

  /// After so many pages that could not be read, what can't be read is no longer taken apart.
  package static let mostFailures = 65_536
  private static let pageSize: UInt64 = 4096

  package init(_ file: InputFile) { self.file = file }

  package var path: FilePath { file.path }
  package var size: UInt64 { file.size }
  /// What could not be read so far.
  package var unreadable: [Range<UInt64>] { damage.withLock { $0.ranges } }

  package func firstData(in range: Range<UInt64>) -> Range<UInt64>? { file.firstData(in: range) }
  package func held(_ range: Range<UInt64>) -> ArraySlice<UInt8>? { file.held(range) }
  package func confirmSize() throws(SalvageError) { try file.confirmSize() }

  package func read(
    at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) -> Int {
    guard offset < size else { return 0 }
    let (end, overflow) = offset.addingReportingOverflow(UInt64(buffer.count))
    let range = offset..<(overflow ? size : min(end, size))
    if damage.withLock({ !$0.overlaps(range) }) {
      do throws(SalvageError) {
        return try unsafe file.read(at: offset, into: buffer)
      } catch {
        guard error.isUnreadable else { throw error }
      }
    }
    if damage.withLock({ $0.failures >= Self.mostFailures }) {
      unsafe lose(range, of: buffer, at: offset)
      return Int(range.length)
    }
    return unsafe try readPages(range, into: buffer)
  }

  private func readPages(
    _ range: Range<UInt64>, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) -> Int {
    var position = range.lowerBound
    while position < range.upperBound {
      let page = position..<min(range.upperBound, (position / Self.pageSize + 1) * Self.pageSize)
      let start = Int(position - range.lowerBound)
      let part = unsafe UnsafeMutableRawBufferPointer(
        rebasing: buffer[start..<start + Int(page.length)])
      position = page.upperBound
      if damage.withLock({ $0.overlaps(page) }) {
        unsafe lose(page, of: buffer, at: range.lowerBound)
        continue
      }
      do throws(SalvageError) {
        let count = try unsafe file.read(at: page.lowerBound, into: part)
        guard count == part.count else { return start + count }
      } catch {
        guard error.isUnreadable else { throw error }
        unsafe lose(page, of: buffer, at: range.lowerBound)
        damage.withLock { $0.failures += 1 }
      }
    }
    return Int(range.length)
  }

  private func lose(
    _ range: Range<UInt64>, of buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
  ) {
    let start = Int(range.lowerBound - offset)
    unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + Int(range.length)])
      .initializeMemory(as: UInt8.self, repeating: 0)
    // What is lost is whole pages, whichever part of one was asked for.
    let pages = range.lowerBound / Self.pageSize * Self.pageSize
    damage.withLock {
      $0.insert(pages..<min(size, roundUp(range.upperBound, to: Self.pageSize)))
    }
  }
}

extension TolerantSource.Damage {
  fileprivate func overlaps(_ range: Range<UInt64>) -> Bool {
    let index = ranges.partitioningIndex { $0.upperBound > range.lowerBound }
    return index < ranges.count && ranges[index].lowerBound < range.upperBound
  }

  fileprivate mutating func insert(_ range: Range<UInt64>) {
    let first = ranges.partitioningIndex { $0.upperBound >= range.lowerBound }
    let last = ranges.partitioningIndex { $0.lowerBound > range.upperBound }
    var merged = range
    if first < last {
      merged =
        min(
          range.lowerBound, ranges[first].lowerBound)..<max(
          range.upperBound, ranges[last - 1].upperBound)
    }
    ranges.replaceSubrange(first..<last, with: [merged])
  }
}

extension ByteSource {
  /// The same bytes, with zeros where a device can't read its file: what needs them to be right has checksums.
  package var tolerant: any ByteSource { (self as? InputFile).map { TolerantSource($0) } ?? self }
}
