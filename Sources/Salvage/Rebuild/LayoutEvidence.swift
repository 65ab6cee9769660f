internal import ELFCore

/// What speaks against a file of which nothing is known but that its layout fits: small libraries share theirs with
/// others. Of 547 system files, 64 % had one of their own; of those of a MiB and more, 59 of 61.
struct LayoutEvidence {
  private let threads: [ThreadStatus]
  /// When the core was written; nil where that is not known, or the files are not this machine's.
  private let coreWritten: Int64?

  /// From this size on, a layout tells enough to overlook that the file was put here later.
  private static let tellingSize: UInt64 = 1 << 20

  init(_ process: ProcessSnapshot, coreWritten: Int64?) {
    threads = process.threads.filter { $0.isInSystemCall }
    self.coreWritten = coreWritten
  }

  /// Why the file can't be the one that was mapped, or nil.
  func objection(
    to file: ModuleFile, bias: UInt64, size: UInt64
  ) throws(SalvageError) -> String? {
    if let coreWritten {
      if file.identity.modified > coreWritten { return "written to since the core was" }
      if file.identity.changed > coreWritten, size < Self.tellingSize {
        return "put here since the core was written, and too small to be told by its layout"
      }
    }
    return try contradictsThreads(file, bias)
      ? "replaced: where threads are in system calls, the file here has none" : nil
  }

  /// Whether a thread in a system call stands behind anything but an instruction that makes one. Few are enough.
  private func contradictsThreads(
    _ file: ModuleFile, _ bias: UInt64
  ) throws(SalvageError) -> Bool {
    var checked = 0
    for thread in threads where checked < 8 {
      guard let counter = thread.programCounter,
        let offset = file.fileOffset(of: counter &- bias &- 2)
      else { continue }
      checked += 1
      let instruction = try file.bytes(at: offset, count: 2)
      // syscall, int $0x80, sysenter
      guard [[0x0f, 0x05], [0xcd, 0x80], [0x0f, 0x34]].contains(instruction) else { return true }
    }
    return false
  }
}
