internal import CoreIO
package import CoreModel

/// A stretch of the output, and where its bytes come from.
package struct Piece: Hashable, Sendable {
  package enum Content: Hashable, Sendable {
    case bytes([UInt8])
    /// What is too long to be kept as bytes.
    indirect case made(MadeBytes)
    /// Bytes of the input, by their offset there.
    case input(Range<UInt64>)
    /// Bytes of a file that the process had mapped, from an offset on. Indirect: of these there are few, and of the others there
    /// may be a million, each with the room of the largest.
    indirect case file(ModuleFile, Range<UInt64>)
    /// Zeros that need no room where the file system can have holes.
    case hole(UInt64)
  }

  /// Where it begins in the output.
  package var offset: UInt64
  package var content: Content

  package var size: UInt64 {
    switch content {
    case .bytes(let bytes): UInt64(bytes.count)
    case .made(let made): UInt64(made.size)
    case .input(let range), .file(_, let range): range.length
    case .hole(let size): size
    }
  }

  package var end: UInt64 { offset + size }
}

/// Pieces put one after another: a part of the output under construction.
package struct PieceRun {
  package private(set) var pieces: [Piece] = []
  package private(set) var end: UInt64

  package init(at offset: UInt64) { end = offset }

  package mutating func reserveCapacity(_ count: Int) { pieces.reserveCapacity(count) }

  package mutating func append(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    if case .bytes(let last)? = pieces.last?.content, last.count + bytes.count <= 1 << 16 {
      pieces[pieces.count - 1].content = .bytes(last + bytes)
    } else {
      pieces.append(Piece(offset: end, content: .bytes(bytes)))
    }
    end += UInt64(bytes.count)
  }

  /// A short one becomes bytes like all others.
  package mutating func append(_ made: MadeBytes) {
    guard made.size > MadeBytes.partSize else { return append(made.bytes) }
    pieces.append(Piece(offset: end, content: .made(made)))
    end += UInt64(made.size)
  }

  package mutating func append(input range: Range<UInt64>) {
    guard !range.isEmpty else { return }
    pieces.append(Piece(offset: end, content: .input(range)))
    end += range.length
  }

  package mutating func append(_ file: ModuleFile, _ range: Range<UInt64>) {
    guard !range.isEmpty else { return }
    pieces.append(Piece(offset: end, content: .file(file, range)))
    end += range.length
  }

  package mutating func appendHole(to offset: UInt64) {
    guard offset > end else { return }
    pieces.append(Piece(offset: end, content: .hole(offset - end)))
    end = offset
  }
}
