internal import CLinux
internal import CoreIO
internal import CoreModel
internal import ELFCore
internal import Glibc
internal import SystemPackage

/// A core whose capture ended in the middle, with the daemon or the machine: valid as far as it goes, and without its last form.
enum UnfinishedCore {
  /// Says in it what is lost, and gives it its name.
  static func finish(
    _ path: FilePath, in store: CaptureStore
  ) throws(SalvageError) -> (FilePath, CaptureRecord) {
    let file = try ReopenedFile(path)
    let (core, record) = try reopen(file)
    var ended = record
    ended.wasInterrupted = true
    try core.finish(ended, .gone)
    guard fsync(file.descriptor.rawValue) == 0 else { throw file.failure("sync") }
    let names = store.names(for: ended)
    try OutputFile.rename(path, to: names.finished, replacing: false)
    OutputFile.syncFolder(of: names.finished)
    store.finished(names.finished, ended)
    return (names.finished, ended)
  }

  /// The core with what its table says is saved.
  private static func reopen(
    _ file: ReopenedFile
  ) throws(SalvageError) -> (GrowingCore, CaptureRecord) {
    let size = try FileIdentity(of: file.descriptor, path: file.path).size
    let source = try InputFile(reading: file.descriptor, named: file.path, size: size)
    let grown = try Probe.structure(of: source)
    guard let record = try PriorRepair.last(in: grown, source)?.capture(),
      let kernel = try kernelHead(grown, source)
    else {
      throw SalvageError(
        .beyondRepair(reason: "nothing tells how far its capture came"), file: file.path)
    }
    let threads = grown.notes.count { $0.isProcessNote && $0.kind == .threadStatus }
    let core = try GrowingCore(
      file, kernel, threads: threads,
      noteRoom: 64 << 10 + 2 * record.noteDescriptor.count, behind: size)
    var index = 0
    for part in grown.programHeaders where part.kind == .load && part.fileSize > 0 {
      while index < core.segments.count,
        core.segments[index].kind != .load || core.segments[index].memoryEnd <= part.address
      { index += 1 }
      guard index < core.segments.count else { break }
      let segment = core.segments[index]
      guard part.address >= segment.address,
        part.fileOffset == segment.fileOffset + (part.address - segment.address)
      else { continue }
      core.saveZeros(part.dumpedRange.clamped(to: segment.dumpedRange), of: index)
    }
    return (core, record)
  }

  /// What the kernel wrote: its table stands where it was, before the notes.
  private static func kernelHead(
    _ grown: CoreStructure, _ source: InputFile
  ) throws(SalvageError) -> CoreStructure? {
    guard let notes = grown.programHeaders.first(where: { $0.kind == .note }) else { return nil }
    var header = grown.header
    let start = UInt64(header.format.fileHeaderSize)
    let count = (notes.fileOffset -| start) / UInt64(header.format.programHeaderSize)
    guard count > 0, notes.fileOffset < source.size else { return nil }
    header.programHeaderOffset = start
    let isCounted = count < UInt64(FileHeader.noCount)
    header.programHeaderCount = isCounted ? UInt16(count) : FileHeader.noCount
    header.sectionHeaderOffset = 0
    header.sectionHeaderCount = 0
    var bytes = grown.headerBytes
    header.patchTables(in: &bytes)
    let patched = HeaderOver(base: source, header: bytes)
    return try Probe.structure(of: patched)
  }
}

/// A file of ours that is there already, open for writing.
private final class ReopenedFile: WritableFile {
  let path: FilePath
  let descriptor: FileDescriptor

  init(_ path: FilePath) throws(SalvageError) {
    self.path = path
    do {
      descriptor = try FileDescriptor.open(
        path, .readWrite, options: [.noFollow, .closeOnExec, .nonBlocking])
    } catch {
      throw SalvageError(.io(errno(of: error), call: "open"), file: path)
    }
    guard linux_lock(descriptor.rawValue) == 0 else {
      try? descriptor.close()
      throw SalvageError(.inUse, file: path)
    }
  }

  deinit { try? descriptor.close() }
}

/// A file with another header.
private struct HeaderOver: ByteSource {
  let base: InputFile
  let header: [UInt8]

  var path: FilePath { base.path }
  var size: UInt64 { base.size }
  var unreadable: [Range<UInt64>] { base.unreadable }
  func confirmSize() throws(SalvageError) { try base.confirmSize() }

  func read(
    at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) -> Int {
    let count = try unsafe base.read(at: offset, into: buffer)
    guard offset < UInt64(header.count) else { return count }
    let part = header[Int(offset)...].prefix(count)
    unsafe buffer.copyBytes(from: part)
    return count
  }
}
