package import CoreIO
internal import CoreModel
internal import SystemPackage

/// Puts a plan into a file.
package struct Rewrite {
  package let source: any ByteSource
  package let output: any WritableFile
  package let sparse: Sparseness
  package let progress: WorkProgress

  package init(
    source: any ByteSource, output: any WritableFile, sparse: Sparseness, progress: WorkProgress
  ) {
    self.source = source
    self.output = output
    self.sparse = sparse
    self.progress = progress
  }

  /// Shares the data of the input with the empty output; false where that is not wanted, or can't be had.
  func clone(
    _ file: InputFile?, _ reflink: RepairOptions.Reflink
  ) throws(SalvageError) -> Bool {
    // A clone keeps the input's holes, which is what `always` and `never` are there to change.
    guard reflink != .never, sparse == .auto || reflink == .always else { return false }
    if let file, output.clone(file) { return true }
    guard reflink != .always else {
      throw SalvageError(
        .noSharing, file: output.path)
    }
    return false
  }

  /// Puts the input's bytes that keep their places into the output, which has its size and nothing else.
  func copy(_ plan: Plan) throws(SalvageError) {
    try SparseCopy(source: source, output: output, sparse: sparse, progress: progress)
      .copy(plan.pieces.compactMap(\.unmoved))
  }

  /// Writes all the rest over an output that has its size and the input's bytes.
  ///
  /// The tail comes first: where the output is the input, it holds what the other pieces change.
  package func finish(_ plan: Plan) throws(SalvageError) {
    let tail = plan.pieces.partitioningIndex { $0.offset >= plan.tailOffset }
    try write(plan.pieces[tail...])
    try write(plan.pieces[..<tail])
    try source.confirmSize()
  }

  /// Writes pieces; small neighbours as one.
  private func write(_ pieces: ArraySlice<Piece>) throws(SalvageError) {
    var run: [UInt8] = []
    var start: UInt64 = 0
    func flush() throws(SalvageError) {
      if !run.isEmpty { try output.write(run, at: start) }
      run.removeAll(keepingCapacity: true)
    }
    for piece in pieces {
      guard let bytes = try small(piece) else {
        try flush()
        try write(piece)
        continue
      }
      if start + UInt64(run.count) != piece.offset || run.count + bytes.count > 1 << 17 {
        try flush()
      }
      guard bytes.count <= 1 << 17 else {
        try output.write(bytes, at: piece.offset)
        continue
      }
      if run.isEmpty { start = piece.offset }
      run += bytes
    }
    try flush()
  }

  /// The bytes of a piece that is to be written and is small; else nil.
  private func small(_ piece: Piece) throws(SalvageError) -> [UInt8]? {
    switch piece.content {
    case .bytes(let bytes): return bytes
    case .input(let range) where piece.unmoved == nil && range.length <= 1 << 16:
      let bytes = try source.bytes(at: range.lowerBound, count: Int(range.length))
      guard bytes.count == Int(range.length) else {
        throw SalvageError.becameShorter(source.path, at: range.lowerBound + UInt64(bytes.count))
      }
      return bytes
    default: return nil
    }
  }

  private func write(_ piece: Piece) throws(SalvageError) {
    switch piece.content {
    case .bytes(let bytes): try output.write(bytes, at: piece.offset)
    case .made(let made):
      var position = piece.offset
      try made.forEachPart { (part: [UInt8]) throws(SalvageError) in
        try output.write(part, at: position)
        position += UInt64(part.count)
      }
    case .input(let range) where piece.unmoved == nil:
      try output.copy(range, of: source, to: piece.offset)
    case .file(let file, let range): try output.copy(range, of: file.open(), to: piece.offset)
    case .input: break
    case .hole:
      if sparse == .never {
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
