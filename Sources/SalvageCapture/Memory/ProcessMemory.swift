internal import CLinux
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// The memory of a process that crashed, by address. It can be read for as long as the process is dumped, and beyond its end
/// while a `MemoryPin` holds it.
final class ProcessMemory: Sendable {
  /// What became of a read.
  enum Outcome: Hashable {
    /// So many bytes, one at least.
    case bytes(Int)
    /// The page at the address can't be read.
    case unreadable
    /// There is no memory any more.
    case gone
  }

  let processID: UInt32
  let descriptor: FileDescriptor
  private let pagemap: FileDescriptor?
  /// process_vm_readv is faster, and ends with the process.
  private let isAlive = Atomic<Bool>(true)
  private let canScan = Atomic<Bool>(true)

  /// Opens what is needed later. nil where the process has gone, or is not ours to read.
  init?(_ process: ProcessFolder) {
    guard let memory = process.open("mem") else { return nil }
    processID = process.processID
    descriptor = memory
    pagemap = process.open("pagemap")
  }

  deinit {
    try? descriptor.close()
    try? pagemap?.close()
  }

  func read(at address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
    guard let base = buffer.baseAddress else { return .unreadable }
    if isAlive.load(ordering: .relaxed) {
      let count = unsafe linux_read_process(
        Int32(truncatingIfNeeded: processID), UInt(address), base, UInt(buffer.count))
      if count > 0 { return .bytes(count) }
      if errno == ESRCH || errno == EPERM || errno == ENOSYS {
        isAlive.store(false, ordering: .relaxed)
      }
    }
    // The other way tells better what is the matter, and reads also what the process itself may not.
    let count = unsafe pread(
      descriptor.rawValue, base, buffer.count, off_t(truncatingIfNeeded: address))
    if count > 0 { return .bytes(count) }
    return count == 0 ? .gone : .unreadable
  }

  /// Whether a page is a guard without a mapping of its own (MADV_GUARD_INSTALL), as stacks have since glibc 2.42: nobody can
  /// read it, and the kernel dumps zeros for it. Linux tells since 6.15.
  func isGuard(at address: UInt64) -> Bool {
    guard let pagemap else { return false }
    var entry: UInt64 = 0
    let page = address / UInt64(Self.pageSize)
    let count = unsafe withUnsafeMutableBytes(of: &entry) { buffer in
      unsafe pread(pagemap.rawValue, buffer.baseAddress, 8, off_t(page * 8))
    }
    return count == 8 && entry >> 58 & 1 == 1
  }

  /// The parts of a range that hold pages of their own: the others are absent or the page of zeros, and reading them would
  /// only make page tables. nil where that can't be told.
  func pages(in range: Range<UInt64>) -> [Range<UInt64>]? {
    guard let pagemap else { return nil }
    return canScan.load(ordering: .relaxed) ? scanned(pagemap, range) : listed(pagemap, range)
  }

  private func scanned(_ pagemap: FileDescriptor, _ range: Range<UInt64>) -> [Range<UInt64>]? {
    var result: [Range<UInt64>] = []
    var position = range.lowerBound
    var stretches = [UInt](repeating: 0, count: 2 * Self.mostStretches)
    while position < range.upperBound {
      var walked: UInt = 0
      let count = unsafe linux_scan_pages(
        pagemap.rawValue, UInt(position), UInt(range.upperBound), &stretches,
        UInt(Self.mostStretches), &walked)
      guard count >= 0 else {
        guard errno == ENOTTY || errno == EINVAL else { return nil }
        canScan.store(false, ordering: .relaxed)
        return listed(pagemap, range)
      }
      for index in 0..<min(count, Self.mostStretches) {
        let (start, end) = (UInt64(stretches[2 * index]), UInt64(stretches[2 * index + 1]))
        if start < end { Self.append(start..<end, to: &result) }
      }
      guard UInt64(walked) > position else { return nil }
      position = UInt64(walked)
    }
    return result
  }

  /// Before Linux 6.7: eight bytes for each page, of which bits 63 and 62 say that it is in memory or swapped out.
  private func listed(_ pagemap: FileDescriptor, _ range: Range<UInt64>) -> [Range<UInt64>]? {
    let pageSize = UInt64(Self.pageSize)
    var result: [Range<UInt64>] = []
    var page = range.lowerBound / pageSize
    let end = (range.upperBound + pageSize - 1) / pageSize
    var entries = [UInt64](repeating: 0, count: 8192)
    while page < end {
      let wanted = min(entries.count, Int(end - page))
      let count = unsafe entries.withUnsafeMutableBytes { buffer in
        unsafe pread(pagemap.rawValue, buffer.baseAddress, wanted * 8, off_t(page * 8)) / 8
      }
      guard count > 0 else { return nil }
      for index in 0..<count where entries[index] >> 62 != 0 {
        let start = (page + UInt64(index)) * pageSize
        Self.append(start..<start + pageSize, to: &result)
      }
      page += UInt64(count)
    }
    return result
  }

  private static func append(_ range: Range<UInt64>, to ranges: inout [Range<UInt64>]) {
    if let last = ranges.last, last.upperBound == range.lowerBound {
      ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
    } else {
      ranges.append(range)
    }
  }

  private static let mostStretches = 256
  static let pageSize = max(4096, sysconf(Int32(_SC_PAGESIZE)))
}
