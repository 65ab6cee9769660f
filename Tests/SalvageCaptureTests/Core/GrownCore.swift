import CoreIO
import CoreModel
import ELFCore
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import SalvageCapture

/// <fcntl.h> shows it only with _GNU_SOURCE.
private let setPipeSize: Int32 = 1031

/// A stream as the kernel writes it, of a core that was built.
enum KernelStream {
  /// A channel out of which so many of the bytes come, and then its end.
  static func channel(_ bytes: some Collection<UInt8>) throws -> CrashChannel {
    let pipe = try StreamPair.pipe()
    let bytes = Array(bytes)
    // Mostly all of it fits into the pipe.
    if fcntl(pipe.ours.rawValue, setPipeSize, 1 << 20) >= bytes.count {
      pipe.write(bytes)
      pipe.closeOurs()
    } else {
      let end = pipe.ours
      let isStarted = BackgroundThread.start {
        _ = try? end.closeAfter { try end.writeAll(bytes) }
      }
      try #require(isStarted)
    }
    return CrashChannel(
      .socket, processID: 4242, process: nil, stream: pipe.program, isForRoot: false)
  }

  /// Reads the head of a core off a stream.
  static func head(_ bytes: some Collection<UInt8>, into file: any WritableFile) throws -> CoreHead
  {
    let channel = try channel(bytes)
    return try CoreHead(
      HeadStart(channel, patience: 1000), channel, into: file, named: "stream", patience: 1000)
  }
}

/// The file of a core that shows it to somebody after every single write.
final class WatchedFile: WritableFile, @unchecked Sendable {
  private let base: CaptureFile
  /// Called after each write. Only one thread writes.
  var afterWrite: (() -> Void)?

  init(_ path: FilePath) throws { base = try CaptureFile(path) }

  var path: FilePath { base.path }
  var descriptor: FileDescriptor { base.descriptor }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SalvageError) {
    try base.write(bytes, at: offset)
    afterWrite?()
  }

  func takeName() throws { try base.takeName(path) }
}

/// A core under work whose memory is that of a built one, and what is saved of it as a flag for each page.
final class GrownCore {
  struct Page: Hashable {
    var segment: Int
    var range: Range<Int>
    var address: UInt64
  }

  let builder: CoreBuilder
  let built: BuiltCore
  let file: WatchedFile
  let core: GrowingCore
  /// All pages that the kernel dumps.
  let pages: [Page]
  private(set) var saved: Set<Page> = []
  var record = StoreSamples.record()

  init(_ builder: CoreBuilder, at path: FilePath) throws {
    self.builder = builder
    built = builder.build()
    file = try WatchedFile(path)
    let head = try KernelStream.head(built.bytes[..<built.notesRange.upperBound], into: file)
    core = try GrowingCore(
      file, head.structure, threads: head.process.threads.count, noteRoom: 64 << 10)
    pages = builder.segments.enumerated().flatMap { index, segment in
      stride(from: 0, to: segment.bytes?.count ?? 0, by: 4096).map { start in
        Page(
          segment: index, range: start..<min(start + 4096, segment.bytes?.count ?? 0),
          address: segment.address + UInt64(start))
      }
    }
    record.steps = [.init(.accepted, 0), .init(.born, 100)]
  }

  func bytes(_ page: Page) -> ArraySlice<UInt8> {
    builder.segments[page.segment].bytes?[page.range] ?? []
  }

  /// Saves a page as a capture does.
  func save(_ page: Page) throws {
    let index = core.segments.firstIndex {
      $0.kind == .load && $0.dumpedRange.contains(page.address)
    }
    guard let index else { throw ReferenceError("no segment at \(page.address)") }
    try Array(bytes(page)).withUnsafeBytes { try core.save($0, at: page.address, of: index) }
    saved.insert(page)
  }

  /// What is wrong with what a reader finds now, with the pages that were saved when it was published.
  func faults(published: Set<Page>) throws -> [String] {
    let found = try ReferenceCore(contentsOf: file.path)
    var faults = try Self.faults(of: found)
    if found.threads.count != 3 { faults.append("\(found.threads.count) threads") }
    for page in pages where published.contains(page) {
      let read = try found.wholeBytes(at: page.address, count: page.range.count)
      if !(read?.isIdentical(to: Array(bytes(page))) ?? false) {
        faults.append("wrong bytes at \(page.address)")
      }
    }
    let readable = found.readableRanges.reduce(0) { $0 + $1.count }
    if readable != published.reduce(0, { $0 + $1.range.count }) {
      faults.append("\(readable) bytes are readable")
    }
    let lost = Set(
      try found.lost()?.entries.flatMap { entry in
        stride(from: entry.range.lowerBound, to: entry.range.upperBound, by: 4096).map { $0 }
      } ?? [])
    if lost != Set(pages.filter { !published.contains($0) }.map(\.address)) {
      faults.append("LOST lists \(lost.count) pages of \(pages.count - published.count)")
    }
    let undumped = builder.segments.filter { $0.bytes == nil }
      .map { $0.address..<$0.address + $0.memorySize }
    if found.undumpedRanges != undumped { faults.append("undumped: \(found.undumpedRanges)") }
    return faults
  }

  /// What the judge doesn't ask: the order of the table, our record.
  private static func faults(of found: ReferenceCore) throws -> [String] {
    var faults = try found.contradictions()
    let addresses = found.loads.map(\.address)
    if addresses != addresses.sorted() { faults.append("the table is not sorted") }
    return faults
  }
}
