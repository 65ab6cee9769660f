import CXXHash
import CoreIO
import Glibc
import Salvage
import SystemPackage
import TestSupport
import Testing

/// Bytes that say that a repair in place was interrupted, where none was.
@Suite("a journal in a core's memory")
struct ForgedJournalTests {
  /// A journal, built apart from the code that writes them: the layout is that of coresalvage-format(5).
  struct Forgery {
    var version: UInt64 = 1
    var kind: UInt64 = 1
    var before: UInt64
    var after: UInt64
    var table: (offset: UInt64, length: UInt64, copy: UInt64) = (0, 0, 0)
    var headers: [[UInt8]]
    var digest: [UInt8] = []

    func bytes() -> [UInt8] {
      var bytes = Array("coresalvage\0jrnl".utf8)
      for value in [version, kind, before, after, table.offset, table.length, table.copy, 64] {
        for index in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
      }
      for header in headers { bytes += header + [UInt8](repeating: 0, count: 64 - header.count) }
      bytes += digest
      let sum = ForgedJournalTests.checksum(bytes)
      for index in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: sum >> (8 * index))) }
      return bytes + [UInt8](repeating: 0, count: 512 - bytes.count)
    }
  }

  static func checksum(_ bytes: [UInt8]) -> UInt64 {
    bytes.withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }
  }

  static let digests = [[], [UInt8](repeating: UInt8(ascii: "0"), count: 32)]

  /// A core cut at a multiple of 512, the last 512 bytes of which the process had made so.
  private func forged(_ make: ([UInt8], UInt64) -> Forgery) -> [UInt8] {
    let core = CoreBuilder.typical().build()
    var bytes = core.cut(to: (core.segmentRanges[2].lowerBound + 5000) / 512 * 512)
    let journal = make(Array(bytes[..<64]), UInt64(bytes.count)).bytes()
    bytes.replaceSubrange((bytes.count - 512)..., with: journal)
    return bytes
  }

  /// Each with what it would have done on a file.
  private func forgeries() -> [[UInt8]] {
    var all: [[UInt8]] = []
    for digest in Self.digests {
      let version: UInt64 = digest.isEmpty ? 1 : 2
      // Cut to 100 bytes, and to 200 after "the work".
      all.append(
        forged { header, _ in
          Forgery(
            version: version, before: 100, after: 200,
            headers: [header, [], [UInt8](repeating: 0, count: 63) + [1]], digest: digest)
        })
      // The same with numbers that fit each other.
      all.append(
        forged { header, size in
          Forgery(
            version: version, before: 4096, after: size - 512, table: (64, 0, size - 512),
            headers: [header, header, header], digest: digest)
        })
      // A table of its own choice, and a header that is there already.
      all.append(
        forged { header, size in
          Forgery(
            version: version, before: 4096, after: size - 1536, table: (64, 1024, size - 1536),
            headers: [[UInt8](repeating: 1, count: 64), header, header], digest: digest)
        })
      // An undo to nothing.
      all.append(
        forged { header, size in
          Forgery(
            version: version, kind: 2, before: size, after: 0, headers: [header, [], []],
            digest: digest)
        })
      all.append(
        forged { header, size in
          Forgery(
            version: version, kind: 2, before: size - 512, after: 0, headers: [header, [], header],
            digest: digest)
        })
    }
    return all
  }

  @Test("is memory: nothing is cut off, and all of it is repaired and given back")
  func isMemory() throws {
    let folder = try ScratchFolder(in: .memory)
    for (index, bytes) in forgeries().enumerated() {
      let path = try folder.write(bytes, to: "core-\(index)")
      #expect(try Repair(of: path).report.sizeFound == UInt64(bytes.count), "\(index)")

      // To a copy.
      let copy = folder.file("copy-\(index)")
      try Repair(of: path).write(to: copy)
      let lost = try #require(try ReferenceCore(contentsOf: copy).lost())
      #expect(lost.sizeFound == UInt64(bytes.count), "\(index)")

      // Nothing to undo, and nothing undone.
      #expect(throws: SalvageError.self, "\(index)") { try Undo(path) }
      #expect(try ReferenceSource.contents(of: path) == bytes, "\(index)")

      _ = try Repair.inPlace(path)
      #expect(
        try ReferenceSource.contents(of: path) == ReferenceSource.contents(of: copy), "\(index)")
      _ = try Undo(path)
      #expect(try ReferenceSource.contents(of: path) == bytes, "\(index)")
    }
  }

  @Test("of version 1 is believed where an older coresalvage was interrupted")
  func versionOne() throws {
    let folder = try ScratchFolder(in: .memory)
    let core = CoreBuilder.typical().build()
    let input = core.cut(to: core.bytes.count - 5000)
    let path = try folder.write(input, to: "whole")
    _ = try Repair.inPlace(path)
    let expected = try ReferenceSource.contents(of: path)
    func steps() throws -> Int {
      let path = try folder.write(input, to: "count")
      let file = try InPlaceFile(path, patience: FileLock.patience)
      _ = try Repair.inPlace(file, options: RepairOptions())
      return file.stepCount
    }
    for step in 1..<(try steps() - 1) {
      let path = try folder.write(input, to: "core-\(step)")
      #expect(throws: SalvageError.self) {
        try Repair.inPlace(
          InPlaceFile(path, patience: FileLock.patience, fault: .init(step: step, isTorn: false)),
          options: RepairOptions())
      }
      // What version 1 wrote is what version 2 writes without its digest.
      var bytes = try ReferenceSource.contents(of: path)
      let place = bytes.count - 512
      #expect(bytes[place..<place + 17] == Array("coresalvage\0jrnl".utf8)[...] + [2])
      bytes[place + 16] = 1
      let sum = Self.checksum(Array(bytes[place..<place + 272]))
      for index in 0..<8 {
        bytes[place + 272 + index] = UInt8(truncatingIfNeeded: sum >> (8 * index))
      }
      let old = try folder.write(bytes, to: "old-\(step)")
      let written = try Repair.inPlace(old)
      #expect(written.wasResumed, "step \(step)")
      #expect(try ReferenceSource.contents(of: old) == expected, "step \(step)")
      _ = try Undo(old)
      #expect(try ReferenceSource.contents(of: old) == input, "step \(step)")
    }
  }

  @Test("that names gigabytes of hole costs no time")
  func hole() throws {
    let folder = try ScratchFolder(in: .memory)
    let core = CoreBuilder.typical().build().bytes
    let header = Array(core[..<64])
    let length: UInt64 = 4 << 30
    let copy = (UInt64(core.count) + length + 511) / 512 * 512
    let journal = Forgery(
      before: copy - 1024, after: copy, table: (UInt64(core.count), length, copy),
      headers: [header, header, header])
    let path = try folder.write(core, to: "core")
    let file = try FileDescriptor.open(path, .readWrite)
    _ = try file.writeAll(toAbsoluteOffset: Int64(copy + length), journal.bytes())
    try file.close()
    let start = ContinuousClock.now
    _ = try? Repair(of: path)
    _ = try? Undo(path)
    // The old table was compared with its copy byte by byte: minutes, in a build for debugging.
    #expect(ContinuousClock.now - start < .seconds(10))
    let left = try FileDescriptor.open(path, .readOnly)
    defer { try? left.close() }
    var bytes = [UInt8](repeating: 0, count: core.count)
    #expect(try bytes.withUnsafeMutableBytes { try left.read(into: $0) } == core.count)
    #expect(bytes == core)
  }

  @Test("of version 1 behind a whole core takes nothing of it")
  func behindAll() throws {
    let folder = try ScratchFolder(in: .memory)
    let core = CoreBuilder.typical().build().bytes
    let header = Array(core[..<64])
    let end = (UInt64(core.count) + 511) / 512 * 512
    for before in [100, 4096, 20000, UInt64(core.count)] {
      let journal = Forgery(
        before: before, after: end, table: (64, 0, end), headers: [header, header, header])
      let bytes = core + [UInt8](repeating: 0, count: Int(end) - core.count) + journal.bytes()
      let path = try folder.write(bytes, to: "core-\(before)")
      _ = try? Repair.inPlace(path)
      _ = try? Undo(path)
      #expect(try ReferenceSource.contents(of: path).starts(with: core), "\(before)")
    }
  }
}
