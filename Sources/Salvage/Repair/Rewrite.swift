internal import SystemPackage

/// Puts a plan into a file.
struct Rewrite {
  let source: any ByteSource
  let output: OutputFile
  let options: RepairOptions
  let progress: Progress

  /// Whether the data was shared with the input, not copied.
  @discardableResult
  func write(_ plan: Plan) throws(SalvageError) -> Bool {
    // A file whose end is inside a block can be cloned into an empty file, and into no longer one.
    let isCloned = try clone()
    try output.resize(to: plan.size)
    if !isCloned {
      try SparseCopy(source: source, output: output, sparse: options.sparse, progress: progress)
        .copy(plan.pieces.compactMap(\.unmoved))
    }
    for piece in plan.pieces { try write(piece, isCloned: isCloned) }
    try source.confirmSize()
    return isCloned
  }

  private func clone() throws(SalvageError) -> Bool {
    // A clone keeps the input's holes, which is what `always` and `never` are there to change.
    guard options.reflink != .never, options.sparse == .auto || options.reflink == .always else {
      return false
    }
    if let input = source as? InputFile, output.clone(input) { return true }
    guard options.reflink != .always else {
      throw SalvageError(
        .badOutput(
          reason:
            "can't share data with the input (--reflink always): not on one file system that can"),
        file: output.path)
    }
    return false
  }

  private func write(_ piece: Piece, isCloned: Bool) throws(SalvageError) {
    switch piece.content {
    case .bytes(let bytes): try output.write(bytes, at: piece.offset)
    case .input(let range) where piece.unmoved == nil:
      try move(range, of: source, to: piece.offset)
    case .file(let file, let range): try move(range, of: file.open(), to: piece.offset)
    case .input: break
    case .hole:
      if options.sparse == .never {
        try output.writeZeros(piece.offset..<piece.end)
      } else if isCloned, piece.offset < source.size {
        try output.clear(piece.offset..<min(piece.end, source.size))
      }
    }
  }

  private func move(
    _ range: Range<UInt64>, of source: any ByteSource, to offset: UInt64
  ) throws(SalvageError) {
    var position = range.lowerBound
    while position < range.upperBound {
      let count = Int(min(range.upperBound - position, 1 << 18))
      let bytes = try source.bytes(at: position, count: count)
      guard bytes.count == count else {
        throw SalvageError.becameShorter(source.path, at: position + UInt64(bytes.count))
      }
      try output.write(bytes, at: offset + (position - range.lowerBound))
      position += UInt64(count)
    }
  }
}

extension Piece {
  /// Its range, where it is a stretch of the input that keeps its offset.
  fileprivate var unmoved: Range<UInt64>? {
    guard case .input(let range) = content, range.lowerBound == offset else { return nil }
    return range
  }
}
