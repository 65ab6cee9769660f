package import CoreIO
package import CoreModel
internal import Glibc
internal import Synchronization
package import SystemPackage

/// The core in an archive, to be read at any place: only the blocks that are asked for are decoded.
package final class ArchiveSource: LossySource {
  package let path: FilePath
  package let size: UInt64
  /// What is known to be lost. It reads as zeros.
  package let lostRanges: [DamageMap.Extent]

  package let file: any ByteSource
  package let index: ArchiveIndex
  /// The blocks that are known to be lost, in order.
  private let lost: [Range<Int>]
  private let copies: [StructureCopy]
  private let cache: Mutex<Cache>
  /// What is known to be damaged besides.
  private let faults: [ArchiveFault]

  /// Opens an archive without reading its blocks. Where one that is asked for turns out to be damaged, reading it throws.
  package convenience init(_ file: any ByteSource) throws(SalvageError) {
    let file = file.tolerant
    try self.init(file, ArchiveIndex(of: file), nil)
  }

  /// The core without the blocks that were found to be lost, but for what there are second copies of.
  package init(
    _ file: any ByteSource, _ index: ArchiveIndex, _ found: ArchiveCheck.Found?
  ) throws(SalvageError) {
    self.file = file
    faults = found?.faults ?? []
    self.index = index
    path = file.path
    size = index.geometry.size
    lost = index.lost(damaged: found?.blocks ?? [])
    var copies: [StructureCopy] = []
    if !lost.isEmpty {
      for copy in try index.copies(in: file) where try !copy.contents(in: file).isEmpty {
        copies.append(copy)
      }
    }
    self.copies = copies
    lostRanges = Self.lost(lost, index.geometry, copies)
    cache = Mutex(Cache())
  }

  /// The same archive after all of its blocks were read, so that what is lost is known.
  package func checked() throws(SalvageError) -> ArchiveSource {
    let found = try ArchiveCheck.damage(of: file, index) { _, _ throws(SalvageError) in }
    return try ArchiveSource(file, index, found)
  }

  /// The bytes of damaged blocks, without those of the copies.
  private static func lost(
    _ blocks: [Range<Int>], _ geometry: ArchiveGeometry, _ copies: [StructureCopy]
  ) -> [DamageMap.Extent] {
    let saved = union(copies.map(\.range))
    var lost: [DamageMap.Extent] = []
    func append(_ range: Range<UInt64>) {
      guard !range.isEmpty else { return }
      if let last = lost.last, last.range.upperBound == range.lowerBound {
        lost[lost.count - 1].range = last.range.lowerBound..<range.upperBound
      } else {
        lost.append(DamageMap.Extent(range: range, cause: .damaged))
      }
    }
    for blocks in blocks {
      let range =
        geometry.range(of: blocks.lowerBound)
        .lowerBound..<geometry.range(
          of: blocks.upperBound - 1
        ).upperBound
      var position = range.lowerBound
      for part in saved[saved.partitioningIndex { $0.upperBound > range.lowerBound }...] {
        guard part.lowerBound < range.upperBound else { break }
        append(position..<max(position, part.lowerBound))
        position = min(part.upperBound, range.upperBound)
      }
      append(position..<range.upperBound)
    }
    return lost
  }

  /// The ranges in order, those that meet or overlap made one.
  private static func union(_ ranges: [Range<UInt64>]) -> [Range<UInt64>] {
    var union: [Range<UInt64>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = union.last, last.upperBound >= range.lowerBound {
        union[union.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        union.append(range)
      }
    }
    return union
  }

  // MARK: Reading

  /// The blocks that were decoded last, and what decodes them.
  private struct Cache {
    var reader: BlockReader?
    var blocks: [(number: Int, bytes: [UInt8])] = []
    /// What a core's headers and notes are read from lies in few places.
    static let mostBytes = 16 << 20
  }

  /// What can't be read of the archive is a damaged block: among `lostRanges`, or an error.
  package var unreadable: [Range<UInt64>] { [] }
  package func confirmSize() throws(SalvageError) { try file.confirmSize() }

  package func read(
    at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) -> Int {
    guard offset < size, buffer.count > 0 else { return 0 }
    let end = offset + min(UInt64(buffer.count), size - offset)
    var position = offset
    while position < end {
      let block = index.geometry.block(at: position)
      let range = index.geometry.range(of: block)
      let bytes = try bytes(of: block)
      let part = position..<min(end, range.upperBound)
      let target = unsafe UnsafeMutableRawBufferPointer(
        rebasing: buffer[Int(part.lowerBound - offset)..<Int(part.upperBound - offset)])
      let first = Int(part.lowerBound - range.lowerBound)
      unsafe bytes[first..<first + target.count].withUnsafeBytes {
        unsafe target.copyMemory(from: $0)
      }
      position = part.upperBound
    }
    return Int(end - offset)
  }

  private func bytes(of block: Int) throws(SalvageError) -> [UInt8] {
    let result = cache.withLock { cache in
      Result { () throws(SalvageError) in try bytes(of: block, &cache) }
    }
    return try result.get()
  }

  private func bytes(of block: Int, _ cache: inout Cache) throws(SalvageError) -> [UInt8] {
    if let found = cache.blocks.first(where: { $0.number == block }) { return found.bytes }
    let reader = cache.reader ?? BlockReader(file, index)
    cache.reader = reader
    let bytes = try decode(block, reader)
    let most = max(1, Cache.mostBytes / index.geometry.blockSize)
    if cache.blocks.count >= most { cache.blocks.removeFirst() }
    cache.blocks.append((block, bytes))
    return bytes
  }

  /// Whether anything of the archive is known to be damaged.
  package var isDamaged: Bool { !lost.isEmpty || !index.isByTable || !faults.isEmpty }

  /// What is damaged of an archive of which nothing is lost, the first few of it.
  private var harmless: [String] {
    guard isDamaged, lostRanges.isEmpty else { return [] }
    guard index.isByTable else {
      let isCut = index.search?.end == nil
      return [isCut ? "its end, which may be cut off" : "its end, behind which bytes stand"]
    }
    let blocks = lost.flatMap { $0 }
    let all = blocks.map { "block \($0), of which there is a copy" } + faults.map(\.what)
    let most = 4
    let more = all.count > most ? ", and \(all.count - most) more" : ""
    return [all.prefix(most).joined(separator: ", ") + more]
  }

  /// What there is to say of it besides its losses, in words.
  package var remarks: [String] {
    var remarks = harmless.map { "damaged, though nothing of the core is lost: \($0)" }
    if index.search?.foreign.isEmpty == false {
      remarks.append("parts of another archive are in it: none of them was taken")
    }
    if isDamaged, index.geometry.version == 1 { remarks.append(ArchiveFault.oldFormat) }
    return remarks
  }

  private func isLost(_ block: Int) -> Bool {
    let index = lost.partitioningIndex { $0.upperBound > block }
    return index < lost.count && lost[index].contains(block)
  }

  /// The lost blocks of which there are second copies, or of parts of them, in order.
  package var copiedBlocks: [Int] {
    let blocks = copies.flatMap { copy in
      index.geometry.block(
        at: copy.range.lowerBound)...index.geometry.block(
          at: copy.range.upperBound - 1)
    }
    return Set(blocks.filter(isLost)).sorted()
  }

  private func decode(_ block: Int, _ reader: BlockReader) throws(SalvageError) -> [UInt8] {
    let range = index.geometry.range(of: block)
    guard !isLost(block) else { return try copied(range) }
    switch try reader.read(block) {
    case .bytes(let bytes): return unsafe Array(bytes)
    case .zeros: return [UInt8](repeating: 0, count: Int(range.length))
    case .damaged:
      throw SalvageError(.damagedBlock(core: range), file: path, offset: index[block]?.offset)
    }
  }

  /// A lost block: zeros, and over them what there are second copies of.
  private func copied(_ range: Range<UInt64>) throws(SalvageError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(range.length))
    for copy in copies where copy.range.overlaps(range) {
      let part = copy.range.clamped(to: range)
      let contents = try copy.contents(in: file)
      guard !contents.isEmpty else { continue }
      let first = Int(part.lowerBound - copy.range.lowerBound)
      bytes.replaceSubrange(
        Int(part.lowerBound - range.lowerBound)..<Int(part.upperBound - range.lowerBound),
        with: contents[first..<first + Int(part.length)])
    }
    return bytes
  }
}

extension StructureCopy {
  /// Its bytes; none where they can't be read any more.
  fileprivate func contents(in file: any ByteSource) throws(SalvageError) -> [UInt8] {
    let stored = try file.bytes(at: storedOffset, count: entry.storedSize)
    var contents = [UInt8](repeating: 0, count: Int(range.length))
    let isSound = unsafe stored.withUnsafeBytes { stored in
      unsafe contents.withUnsafeMutableBytes { target in
        unsafe Hash.of32(stored) == entry.checksum
          && BlockDecompressor.decompress(stored, entry, into: target)
      }
    }
    return isSound ? contents : []
  }
}
