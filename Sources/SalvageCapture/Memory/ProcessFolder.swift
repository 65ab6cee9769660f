internal import CLinux
internal import ELFCore
internal import SystemPackage

/// /proc/PID of a process that crashed, with all open that has no name any more once it is reaped.
final class ProcessFolder: Sendable {
  let processID: UInt32
  let descriptor: FileDescriptor
  /// Its mappings.
  let maps: FileDescriptor?
  /// The folder of links to the files that it has mapped.
  let mappedFiles: FileDescriptor?

  init?(_ processID: UInt32) {
    let folder = unsafe linux_open_folder("/proc/\(processID)")
    guard folder >= 0 else { return nil }
    self.processID = processID
    descriptor = FileDescriptor(rawValue: folder)
    maps = Self.open("maps", in: descriptor)
    mappedFiles = Self.open("map_files", in: descriptor)
  }

  deinit {
    try? descriptor.close()
    try? maps?.close()
    try? mappedFiles?.close()
  }

  /// Opens one of its files for reading.
  func open(_ name: String) -> FileDescriptor? { Self.open(name, in: descriptor) }

  private static func open(_ name: String, in folder: FileDescriptor) -> FileDescriptor? {
    let file = unsafe linux_open_entry(folder.rawValue, name)
    return file >= 0 ? FileDescriptor(rawValue: file) : nil
  }

  /// The beginning of one of its files.
  func contents(_ name: String, most: Int) -> [UInt8] {
    guard let file = open(name) else { return [] }
    defer { try? file.close() }
    var bytes = [UInt8](repeating: 0, count: most)
    var done = 0
    while done < most {
      let count = unsafe bytes.withUnsafeMutableBytes {
        (try? unsafe file.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[done...]))) ?? 0
      }
      guard count > 0 else { break }
      done += count
    }
    return Array(bytes[..<done])
  }

  /// Addresses that it can hardly have unmapped: the vdso, which is always in memory; its program's headers and entry. At the
  /// beginning of a page.
  var steadyAddresses: [UInt64] {
    let bytes = contents("auxv", most: 4096)
    let pageSize = UInt64(ProcessMemory.pageSize)
    // A 32-bit process has pairs of half the size.
    return [ELFFormat.Width.bits64, .bits32].flatMap { width in
      let vector = AuxiliaryVector(
        bytes.span, in: ELFFormat(width: width, byteOrder: .little))
      return [AuxiliaryVector.Key.vdso, .programHeaders, .entry].compactMap { vector[$0] }
    }.filter { $0 >= pageSize }.map { $0 & ~(pageSize - 1) }
  }

  /// In bytes, how much of its memory is in use.
  var residentSize: UInt64 {
    let words = contents("statm", most: 256).split(separator: UInt8(ascii: " "))
    guard words.count > 1, let pages = UInt64(String(decoding: words[1], as: UTF8.self)) else {
      return 0
    }
    return pages.multipliedReportingOverflow(by: UInt64(ProcessMemory.pageSize)).partialValue
  }
}
