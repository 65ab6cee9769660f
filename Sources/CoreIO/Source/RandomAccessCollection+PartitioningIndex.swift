extension RandomAccessCollection where Index == Int {
  /// The index of the first element that meets a condition which, once met, all later ones meet.
  @inlinable
  package func partitioningIndex(where isAfter: (Element) -> Bool) -> Int {
    var low = startIndex
    var high = endIndex
    while low < high {
      let middle = low + (high - low) / 2
      if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// The same, where it is likely to be at an index or a little behind it: whoever asks in order takes no search.
  @inlinable
  package func partitioningIndex(near index: Int, where isAfter: (Element) -> Bool) -> Int {
    var low = Swift.min(Swift.max(index, startIndex), endIndex)
    guard low == startIndex || !isAfter(self[low - 1]) else {
      return partitioningIndex(where: isAfter)
    }
    for _ in 0..<4 {
      guard low < endIndex, !isAfter(self[low]) else { return low }
      low += 1
    }
    return self[low...].partitioningIndex(where: isAfter)
  }
}
