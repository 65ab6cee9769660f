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
}
