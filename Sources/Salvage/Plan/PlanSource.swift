package import CoreIO
internal import CoreModel
internal import Glibc
package import SystemPackage

/// The output that a plan describes, as bytes to read: what `Rewrite` would put into a file.
package struct PlanSource: ByteSource {
  private let plan: Plan
  private let source: any ByteSource

  package init(_ plan: Plan, _ source: any ByteSource) {
    self.plan = plan
    self.source = source
  }

  package var path: FilePath { source.path }
  package var size: UInt64 { plan.size }

  package func read(
    at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) -> Int {
    guard offset < size, buffer.count > 0 else { return 0 }
    let end = offset + min(UInt64(buffer.count), size - offset)
    for part in parts(of: offset..<end) {
      let target = unsafe UnsafeMutableRawBufferPointer(
        rebasing: buffer[
          Int(part.range.lowerBound - offset)..<Int(part.range.upperBound - offset)])
      let start = part.range.lowerBound - part.piece.offset
      switch part.piece.content {
      case .bytes(let bytes):
        unsafe target.copyBytes(from: bytes[Int(start)..<Int(start) + target.count])
      case .made(let made):
        var place = 0
        made.forEachPart(in: Int(start)..<Int(start) + target.count) { bytes in
          unsafe UnsafeMutableRawBufferPointer(rebasing: target[place...]).copyBytes(from: bytes)
          place += bytes.count
        }
      case .hole: unsafe Self.clear(target)
      case .input(let range):
        try unsafe Self.read(source, from: range.lowerBound + start, into: target)
      case .file(let file, let range):
        try unsafe Self.read(file.open(), from: range.lowerBound + start, into: target)
      }
    }
    return Int(end - offset)
  }

  /// Reads a file's data; its holes are not read.
  private static func read(
    _ source: any ByteSource, from offset: UInt64, into target: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) {
    let end = offset + UInt64(target.count)
    var position = offset
    while position < end {
      let data = source.firstData(in: position..<end) ?? end..<end
      unsafe clear(
        UnsafeMutableRawBufferPointer(
          rebasing: target[Int(position - offset)..<Int(data.lowerBound - offset)]))
      let part = unsafe UnsafeMutableRawBufferPointer(
        rebasing: target[Int(data.lowerBound - offset)..<Int(data.upperBound - offset)])
      let count = try unsafe source.read(at: data.lowerBound, into: part)
      guard count == part.count else {
        throw SalvageError.becameShorter(source.path, at: data.lowerBound + UInt64(count))
      }
      position = data.upperBound
    }
  }

  private static func clear(_ target: UnsafeMutableRawBufferPointer) {
    guard let start = target.baseAddress else { return }
    unsafe memset(start, 0, target.count)
  }

  package func firstData(in range: Range<UInt64>) -> Range<UInt64>? {
    for part in parts(of: range.clamped(to: 0..<size)) {
      switch part.piece.content {
      case .bytes, .made, .file: return part.range
      case .hole: continue
      case .input(let input):
        let start = input.lowerBound + (part.range.lowerBound - part.piece.offset)
        guard let data = source.firstData(in: start..<start + part.range.length) else { continue }
        let first = part.range.lowerBound + (data.lowerBound - start)
        return first..<first + data.length
      }
    }
    return nil
  }

  package func confirmSize() throws(SalvageError) { try source.confirmSize() }

  /// What another file can't give, it refuses to.
  package var unreadable: [Range<UInt64>] {
    let bad = source.unreadable
    return plan.pieces.flatMap { piece in
      guard case .input(let range) = piece.content else { return [Range<UInt64>]() }
      return bad.parts(of: range, standingAt: piece.offset)
    }
  }

  private struct Part {
    var piece: Piece
    /// The bytes of the output that come from it.
    var range: Range<UInt64>
  }

  private func parts(of range: Range<UInt64>) -> [Part] {
    guard !range.isEmpty else { return [] }
    var parts: [Part] = []
    for piece in plan.pieces[plan.pieces.partitioningIndex { $0.end > range.lowerBound }...] {
      guard piece.offset < range.upperBound else { break }
      parts.append(Part(piece: piece, range: (piece.offset..<piece.end).clamped(to: range)))
    }
    return parts
  }
}
