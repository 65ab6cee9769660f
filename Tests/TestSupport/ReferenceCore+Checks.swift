extension ReferenceCore {
  /// No byte of the file may have two meanings, and none that is named may lie past its end.
  func checkFile(_ header: ReferenceHeader) throws {
    var uses: [(range: Range<UInt64>, name: String)] = [
      (0..<UInt64(format.fileHeaderSize), "the file header"),
      (header.tableRange, "the program header table"),
      (header.sectionTableRange, "the section header table"),
    ]
    for segment in segments where segment.fileSize > 0 && (segment.isLoad || segment.isNote) {
      guard segment.fileRange.upperBound <= source.length else {
        throw segment.problem("extends past the end of the file (\(source.length))")
      }
      uses.append((segment.fileRange, "program header \(segment.index)"))
    }
    uses.removeAll { $0.range.isEmpty }
    uses.sort { $0.range.lowerBound < $1.range.lowerBound }
    for (first, second) in zip(uses, uses.dropFirst())
    where first.range.upperBound > second.range.lowerBound {
      throw ReferenceError(
        "\(first.name) (\(first.range)) and \(second.name) (\(second.range)) overlap in the file")
    }
  }

  /// No address may have two meanings either.
  func checkMemory() throws {
    let sorted = loads.filter { $0.memorySize > 0 }.sorted { $0.address < $1.address }
    for (first, second) in zip(sorted, sorted.dropFirst())
    where first.memoryRange.upperBound > second.address {
      throw second.problem("overlaps program header \(first.index) in memory")
    }
  }

  /// Every thread has a number of its own, and a descriptor as large as all others.
  func checkThreads() throws {
    guard Set(threadIDs).count == threads.count else {
      throw ReferenceError("a thread is told of twice: \(threadIDs)")
    }
    let sizes = Set(threads.map(\.descriptor.count))
    guard sizes.count <= 1 else { throw ReferenceError("NT_PRSTATUS of sizes \(sizes)") }
  }
}
