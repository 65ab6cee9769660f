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

  /// Hands the bytes over, part by part, and throws at the first that was not mapped, not dumped, or is lost: also where a
  /// repair has padded what is lost. `rebuilt` is told of each range that has bytes which are not the dump's, and `doubted` of what
  /// speaks against bytes that nobody can name, these or others, before they are
  /// handed over.
  public func read(
    from input: CoreInput, to body: ([UInt8]) throws(SalvageError) -> Void,
    rebuilt: (RebuiltRange) -> Void = { _ in },
    doubted: (CoreVerdict.Reason) -> Void = { _ in }
  ) throws(SalvageError) {
    try unsafe readParts(
      from: input, { part throws(SalvageError) in try unsafe body(Array(part)) }, rebuilt,
      doubted)
  }

  /// Writes the bytes into a stream, and throws and tells as `read(from:to:rebuilt:)` does: what is before that has been
  /// written then. Refuses a stream that goes into the core itself.
  public func write(
    from path: FilePath, to output: FileDescriptor, rebuilt: (RebuiltRange) -> Void = { _ in },
    doubted: (CoreVerdict.Reason) -> Void = { _ in }
  ) throws(SalvageError) {
    let inputs = InputSet(FileIdentity(at: path, followingLinks: true))
    let stream = try OutputStream(output, sparing: inputs)
    try unsafe readParts(
      from: .file(path), { part throws(SalvageError) in try unsafe stream.write(part) }, rebuilt,
      doubted)
  }

  /// Writes the bytes to a place that was named: a stream, as above, or a file, which appears under its name only once all of
  /// them are in it, and which nobody may read who may not read the core. Replaces a file that exists only with `replacing`.
  public func write(
    from path: FilePath, to place: OutputPlace, replacing: Bool = false,
    rebuilt: (RebuiltRange) -> Void = { _ in },
    doubted: (CoreVerdict.Reason) -> Void = { _ in }
  ) throws(SalvageError) {
    let inputs = InputSet(FileIdentity(at: path, followingLinks: true))
    guard !place.isStream else {
      let stream = try place.stream(sparing: inputs)
      return try unsafe readParts(
        from: .file(path), { part throws(SalvageError) in try unsafe stream.write(part) }, rebuilt,
        doubted)
    }
    let output = try OutputFile(place.path, sparing: inputs, replacing: replacing)
    var done: UInt64 = 0
    var access: FileAccess?
    try Intake.glance(at: .file(path)) { intake throws(SalvageError) in
      access = intake.file.map { FileAccess(of: $0) }
      var end = done
      let write = { (part: UnsafeRawBufferPointer) throws(SalvageError) in
        try unsafe output.write(part, at: end)
        end += UInt64(part.count)
      }
      try unsafe read(from: intake, after: &done, to: write, rebuilt: rebuilt, doubted: doubted)
    }
    // What came through a pipe is nobody's but ours.
    if let access { output.takeAccess(of: access) }
    try output.publish()
  }

  private func readParts(
    from input: CoreInput, _ body: (UnsafeRawBufferPointer) throws(SalvageError) -> Void,
    _ rebuilt: (RebuiltRange) -> Void, _ doubted: (CoreVerdict.Reason) -> Void
  ) throws(SalvageError) {
    var done: UInt64 = 0
    try Intake.glance(at: input) { intake throws(SalvageError) in
      try unsafe read(from: intake, after: &done, to: body, rebuilt: rebuilt, doubted: doubted)
    }
  }

  /// Hands over what comes after the first `done` bytes, and counts on.
  package func read(
    from intake: Intake, after done: inout UInt64,
    to body: (UnsafeRawBufferPointer) throws(SalvageError) -> Void,
    rebuilt tell: (RebuiltRange) -> Void = { _ in },
    doubted doubt: (CoreVerdict.Reason) -> Void = { _ in }
  ) throws(SalvageError) {
    let core = try Core(intake)
    let memory = core.memory
    for reason in core.verdict.doubts where reason.isDamage { doubt(reason) }
    // By their words: a hostile list of what was rebuilt has a million ranges.
    let filesInDoubt = Dictionary(
      core.verdict.doubts.filter { $0.kind == .files }.map { ($0.text, $0) },
      uniquingKeysWith: { first, _ in first })
    var lastPath: [UInt8]?
    // What begins before the first byte that is still to come was told of with the one before that.
    let told = done > 0 ? address &+ done : 0
    var untold = try Self.rebuilt(of: core).filter { $0.end > address && $0.address >= told }[...]
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Self.partSize, alignment: 4096)
    defer { unsafe buffer.deallocate() }
    while done < length {
      let (next, overflow) = address.addingReportingOverflow(done)
      let wanted = Int(min(length - done, UInt64(Self.partSize), UInt64.max - next))
      let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
      let count = overflow ? 0 : try unsafe memory.read(at: next, into: part)
      guard count > 0 else {
        let reason = try MemoryAbsence.words(at: next, of: core)
        throw SalvageError(
          .memoryNotSaved(address: next, reason: reason), file: intake.source.path)
      }
      while let range = untold.first, range.address < next +| UInt64(count) {
        tell(range)
        if !filesInDoubt.isEmpty, range.path != lastPath {
          for reason in CoreVerdict.Reason.all(rebuiltOf: range.path) {
            if let told = filesInDoubt[reason.text] { doubt(told) }
          }
          lastPath = range.path
        }
        untold.removeFirst()
      }
      try unsafe body(UnsafeRawBufferPointer(rebasing: part[..<count]))
      done += UInt64(count)
    }
  }

  /// What repairs have put into a core, by address.
  private static func rebuilt(of core: Core) throws(SalvageError) -> [RebuiltRange] {
    guard core.structure.isRepaired else { return [] }
    var ranges: [RebuiltRange] = []
    for repair in PriorRepair.all(in: core.structure, core.source) {
      ranges += try repair.rebuilt()?.ranges ?? []
    }
    return ranges.sorted { $0.address < $1.address }
  }
}

extension RebuiltRange {
  fileprivate var end: UInt64 {
    let (end, overflow) = address.addingReportingOverflow(length)
    return overflow ? .max : end
  }
}
