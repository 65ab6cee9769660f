import Glibc
import SystemPackage
import TestSupport

@testable import ArchiveFormat
@testable import CoreIO
@testable import Salvage
@testable import SalvageArchive

/// A small archive in memory, and the core in it.
struct ArchiveSample: Sendable {
  let core: [UInt8]
  let archive: [UInt8]

  /// A core of several blocks, compressible and not, whole.
  static func make(
    segments: Int = 3, contentChecksum: Bool = false, filling: (Int) -> [UInt8]
  ) throws -> ArchiveSample {
    var builder = CoreBuilder.typical()
    builder.segments = (0..<segments).map {
      BuilderSegment(at: 0x100_0000 + UInt64($0) << 20, filling($0))
    }
    let core = builder.build().bytes
    return try ArchiveSample(of: core, contentChecksum: contentChecksum)
  }

  init(of core: [UInt8], contentChecksum: Bool = false) throws {
    self.core = core
    let folder = try ScratchFolder(in: .memory)
    var options = ArchiveOptions()
    options.blockSize = .kib64
    options.contentChecksum = contentChecksum
    let repair = try Repair(of: MemorySource(core), options: RepairOptions())
    try repair.archive(to: folder.file("x"), options: options)
    archive = try ReferenceSource.contents(of: folder.file("x"))
  }

  /// Lines of text, each many times: some 1 kB of archive for each 64 kB.
  static func text(_ segment: Int) -> [UInt8] {
    var text: [UInt8] = []
    var line = segment * 1_000_003
    while text.count < 57_344 {
      let words = Array("line \(line): nothing to see here, move along\n".utf8)
      for _ in 0..<40 { text += words }
      line &+= 977
    }
    return Array(text[..<57_344])
  }
}

extension ArchiveIndex {
  /// All blocks of a sound archive.
  var blocks: [Block] { (0..<presentCount).compactMap { self[$0] } }
}

/// What is left of a damaged archive.
struct DamagedArchive {
  /// nil where nothing is.
  let source: ArchiveSource?
  let faults: Int

  init(_ bytes: [UInt8]) throws {
    let file = MemorySource(bytes)
    do throws(SalvageError) {
      let found = try ArchiveSource(file).checked()
      faults = try Verification(of: file).faults.count
      source = found
    } catch {
      guard case .notAnArchive = error.kind else { throw error }
      source = nil
      faults = 1
    }
  }

  var lost: [Range<UInt64>] { source?.lostRanges.map(\.range) ?? [] }

  /// Whether each byte that is not lost is what it was.
  func isHonest(_ core: [UInt8]) throws -> Bool {
    guard let source else { return true }
    guard source.size == UInt64(core.count) else { return false }
    var bytes = try source.bytes(at: 0, count: core.count)
    for range in lost {
      let range = Int(range.lowerBound)..<Int(range.upperBound)
      bytes.replaceSubrange(range, with: core[range])
    }
    return bytes.withUnsafeBytes { left in
      core.withUnsafeBytes { right in
        guard let left = left.baseAddress, let right = right.baseAddress else { return true }
        return memcmp(left, right, core.count) == 0
      }
    }
  }
}
