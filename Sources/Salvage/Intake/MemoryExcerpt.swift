public import CoreIO
package import CoreModel
internal import ELFCore
public import SystemPackage

/// A stretch of the process's memory, to be had from a core or an archive by its address.
public struct MemoryExcerpt: Hashable, Sendable {
  /// Where it begins in the process's memory.
  public var address: UInt64
  /// In bytes.
  public var length: UInt64

  /// Nothing is read before one of the reading functions is called.
  public init(at address: UInt64, length: UInt64) {
    self.address = address
    self.length = length
  }

  /// Memory is handed over in parts of at most so many bytes: what a processor's own cache has room for.
  private static let partSize = 256 << 10

  /// Hands the bytes over, part by part, and throws at the first that was not mapped, not dumped, or is lost.
  public func read(
    from input: CoreInput, to body: ([UInt8]) throws(SalvageError) -> Void
  ) throws(SalvageError) {
    try unsafe readParts(from: input) { part throws(SalvageError) in try unsafe body(Array(part)) }
  }

  /// Writes the bytes into a stream, and throws as `read(from:to:)` does: what is before that has been written then. Refuses
  /// a stream that goes into the core itself.
  public func write(from path: FilePath, to output: FileDescriptor) throws(SalvageError) {
    let inputs = InputSet(FileIdentity(at: path, followingLinks: true))
    let stream = try OutputStream(output, sparing: inputs)
    try unsafe readParts(from: .file(path)) { part throws(SalvageError) in
      try unsafe stream.write(part)
    }
  }

  /// Writes the bytes to a place that was named: a stream, as above, or a file, which appears under its name only once all of
  /// them are in it, and which nobody may read who may not read the core. Replaces a file that exists only with `replacing`.
  public func write(
    from path: FilePath, to place: OutputPlace, replacing: Bool = false
  ) throws(SalvageError) {
    let inputs = InputSet(FileIdentity(at: path, followingLinks: true))
    guard !place.isStream else {
      let stream = try place.stream(sparing: inputs)
      return try unsafe readParts(from: .file(path)) { part throws(SalvageError) in
        try unsafe stream.write(part)
      }
    }
    let output = try OutputFile(place.path, sparing: inputs, replacing: replacing)
    var done: UInt64 = 0
    var access: FileIdentity?
    try Intake.glance(at: .file(path)) { intake throws(SalvageError) in
      access = intake.file?.identity
      var end = done
      try unsafe read(from: intake, after: &done) { part throws(SalvageError) in
        try unsafe output.write(part, at: end)
        end += UInt64(part.count)
      }
    }
    // What came through a pipe is nobody's but ours.
    if let access { output.takeAccess(of: access) }
    try output.publish()
  }

  private func readParts(
    from input: CoreInput, to body: (UnsafeRawBufferPointer) throws(SalvageError) -> Void
  ) throws(SalvageError) {
    var done: UInt64 = 0
    try Intake.glance(at: input) { intake throws(SalvageError) in
      try unsafe read(from: intake, after: &done, to: body)
    }
  }

  /// Hands over what comes after the first `done` bytes, and counts on.
  package func read(
    from intake: Intake, after done: inout UInt64,
    to body: (UnsafeRawBufferPointer) throws(SalvageError) -> Void
  ) throws(SalvageError) {
    let memory = try Core(intake).memory
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Self.partSize, alignment: 4096)
    defer { unsafe buffer.deallocate() }
    while done < length {
      let (next, overflow) = address.addingReportingOverflow(done)
      let wanted = Int(min(length - done, UInt64(Self.partSize), UInt64.max - next))
      let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
      let count = overflow ? 0 : try unsafe memory.read(at: next, into: part)
      guard count > 0 else {
        throw SalvageError(.memoryNotSaved(address: next), file: intake.source.path)
      }
      try unsafe body(UnsafeRawBufferPointer(rebasing: part[..<count]))
      done += UInt64(count)
    }
  }
}
