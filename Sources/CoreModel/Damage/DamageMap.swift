internal import CoreIO

/// Which bytes of the due file survived: extents in order, which meet end to end and cover it from 0 to its due size.
package struct DamageMap: Hashable, Sendable {
  package typealias Cause = LostRange.Cause

  /// A range of the file with one fate; `cause` is nil where its bytes survived. Never empty.
  package struct Extent: Hashable, Sendable {
    package var range: Range<UInt64>
    package var cause: Cause?

    package init(range: Range<UInt64>, cause: Cause?) {
      self.range = range
      self.cause = cause
    }
  }

  package private(set) var extents: [Extent] { didSet { count() } }
  /// How many bytes survive before each extent.
  private var sums: [UInt64] = []

  /// A file of which the first `sizeFound` bytes are there and the rest up to `sizeDue` is not.
  package init(sizeFound: UInt64, sizeDue: UInt64, endCause: Cause = .pastEnd) {
    extents = []
    if sizeFound > 0 { extents.append(Extent(range: 0..<sizeFound, cause: nil)) }
    if sizeDue > sizeFound {
      extents.append(Extent(range: sizeFound..<sizeDue, cause: endCause))
    }
    count()
  }

  private mutating func count() {
    var sum: UInt64 = 0
    sums.removeAll(keepingCapacity: true)
    sums.reserveCapacity(extents.count)
    for extent in extents {
      sums.append(sum)
      if extent.cause == nil { sum += extent.range.length }
    }
  }

  package var isWhole: Bool { extents.allSatisfy { $0.cause == nil } }

  /// Marks a range as lost. What was lost before keeps its cause.
  package mutating func lose(_ range: Range<UInt64>, cause: Cause) {
    lose([Extent(range: range, cause: cause)])
  }

  /// Marks ranges as lost, in any order and over each other: of those, the one that begins first gives the cause. What was
  /// lost before keeps its own. Takes no longer for many than sorting them does.
  package mutating func lose(_ losses: [Extent]) {
    let losses = Self.apart(losses)
    guard !losses.isEmpty else { return }
    var result: [Extent] = []
    result.reserveCapacity(extents.count + 2 * losses.count)
    func append(_ part: Range<UInt64>, _ cause: Cause?) {
      guard !part.isEmpty else { return }
      if let last = result.last, last.cause == cause, last.range.upperBound == part.lowerBound {
        result[result.count - 1].range = last.range.lowerBound..<part.upperBound
      } else {
        result.append(Extent(range: part, cause: cause))
      }
    }
    var next = 0
    for extent in extents {
      guard extent.cause == nil else {
        append(extent.range, extent.cause)
        continue
      }
      var position = extent.range.lowerBound
      while next < losses.count, losses[next].range.lowerBound < extent.range.upperBound {
        let loss = losses[next]
        let start = max(loss.range.lowerBound, position)
        let end = min(loss.range.upperBound, extent.range.upperBound)
        if start < end {
          append(position..<start, nil)
          append(start..<end, loss.cause)
          position = end
        }
        // What goes on past this extent meets the next one too.
        guard loss.range.upperBound <= extent.range.upperBound else { break }
        next += 1
      }
      append(position..<extent.range.upperBound, nil)
    }
    extents = result
  }

  /// The same with these lost, too.
  package func losing(_ losses: [Extent]) -> DamageMap {
    guard !losses.isEmpty else { return self }
    var map = self
    map.lose(losses)
    return map
  }

  /// The losses in order, and none over another.
  private static func apart(_ losses: [Extent]) -> [Extent] {
    var result: [Extent] = []
    var end: UInt64 = 0
    for loss in losses.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      let start = max(loss.range.lowerBound, end)
      guard loss.cause != nil, start < loss.range.upperBound else { continue }
      result.append(Extent(range: start..<loss.range.upperBound, cause: loss.cause))
      end = loss.range.upperBound
    }
    return result
  }

  /// The extents that a range is made of, clipped to it, in order. A range past the map's end is cut there.
  package func extents(in range: Range<UInt64>) -> [Extent] {
    indices(in: range).map { index in
      Extent(range: extents[index].range.clamped(to: range), cause: extents[index].cause)
    }
  }

  /// Which of all extents a range is made of. Hostile segments lie over each other by the ten thousand: how many there are,
  /// and how much of them survives, must not take a look at each.
  package func indices(in range: Range<UInt64>) -> Range<Int> {
    guard !range.isEmpty else { return 0..<0 }
    let low = extents.partitioningIndex { $0.range.upperBound > range.lowerBound }
    // Most ranges are parts of one.
    if low < extents.count, extents[low].range.upperBound >= range.upperBound {
      return low..<low + 1
    }
    return low..<max(low, extents.partitioningIndex { $0.range.lowerBound >= range.upperBound })
  }

  /// How many bytes of the range are there.
  package func surviving(in range: Range<UInt64>) -> UInt64 {
    surviving(in: range, indices(in: range))
  }

  /// The same of a range that is made of the extents at `indices`.
  package func surviving(in range: Range<UInt64>, _ indices: Range<Int>) -> UInt64 {
    guard let first = indices.first, let last = indices.last else { return 0 }
    func part(_ index: Int) -> UInt64 {
      let extent = extents[index]
      return extent.cause == nil ? extent.range.clamped(to: range).length : 0
    }
    guard first < last else { return part(first) }
    return part(first) + (sums[last] - sums[first + 1]) + part(last)
  }

  /// Why all of a range is lost, where one extent holds it; nil where that is not so.
  package func cause(ofAll range: Range<UInt64>) -> Cause? {
    let index = extents.partitioningIndex { $0.range.upperBound > range.lowerBound }
    guard index < extents.count, extents[index].range.lowerBound <= range.lowerBound,
      extents[index].range.upperBound >= range.upperBound
    else { return nil }
    return extents[index].cause
  }

  /// The end of what survives in a row from an offset on.
  package func survivingEnd(from offset: UInt64) -> UInt64 {
    let index = extents.partitioningIndex { $0.range.upperBound > offset }
    guard index < extents.count, extents[index].cause == nil else { return offset }
    return extents[index].range.upperBound
  }

  /// Whether every byte of the range is there.
  package func survives(_ range: Range<UInt64>) -> Bool { surviving(in: range) == range.length }
}

extension LostRange.Cause {
  /// Whether the bytes are there, and stay where they stand: nothing refers to them any more, and they are all that
  /// somebody could still learn from.
  package var keepsBytes: Bool { [.leftOut, .zeros, .note].contains(self) }
}
