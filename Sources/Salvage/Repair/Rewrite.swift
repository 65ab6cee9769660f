internal import SystemPackage

/// Puts a plan into a file.
struct Rewrite {
  let source: any ByteSource
  /// The input as a file, where it may share its data.
  let file: InputFile?
  let output: any WritableFile
  let options: RepairOptions
  let progress: Progress

  /// Puts the input's bytes that keep their places into the empty output. Whether the data was shared with the input,
  /// not copied.
  func copy(_ plan: Plan) throws(SalvageError) -> Bool {
    // A file whose end is inside a block can be cloned into an empty file, and into no longer one.
    if try clone() { return true }
    try output.resize(to: plan.size)
    try SparseCopy(source: source, output: output, sparse: options.sparse, progress: progress)
      .copy(plan.pieces.compactMap(\.unmoved))
    return false
  }

  /// Writes all the rest over an output that has the input's bytes.
  ///
  /// The tail comes first: where the output is the input, it holds what the other pieces change.
  func finish(_ plan: Plan) throws(SalvageError) {
    try output.resize(to: plan.size)
    let tail = plan.pieces.partitioningIndex { $0.offset >= plan.tailOffset }
    for piece in plan.pieces[tail...] { try write(piece) }
    for piece in plan.pieces[..<tail] { try write(piece) }
    try source.confirmSize()
  }

  private func clone() throws(SalvageError) -> Bool {
    // A clone keeps the input's holes, which is what `always` and `never` are there to change.
    guard options.reflink != .never, options.sparse == .auto || options.reflink == .always else {
      return false
    }
    if let file, output.clone(file) { return true }
    guard options.reflink != .always else {
      throw SalvageError(
        .badOutput(
          reason:
            "can't share data with the input (--reflink always): not on one file system that can"),
        file: output.path)
    }
    return false
  }

  private func write(_ piece: Piece) throws(SalvageError) {
    switch piece.content {
    case .bytes(let bytes): try output.write(bytes, at: piece.offset)
    case .input(let range) where piece.unmoved == nil:
      try output.copy(range, of: source, to: piece.offset)
    case .file(let file, let range): try output.copy(range, of: file.open(), to: piece.offset)
    case .input: break
    case .hole:
      if options.sparse == .never {
        try output.writeZeros(piece.offset..<piece.end)
      } else if piece.offset < source.size {
        try output.clear(piece.offset..<min(piece.end, source.size))
      }
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
