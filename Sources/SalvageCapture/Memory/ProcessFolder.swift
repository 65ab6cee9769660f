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
  /// As the kernel has it.
  let auxiliaryVector: [UInt8]

  init?(_ processID: UInt32) {
    let folder = unsafe linux_open_folder("/proc/\(processID)")
    guard folder >= 0 else { return nil }
    self.processID = processID
    descriptor = FileDescriptor(rawValue: folder)
    maps = Self.open("maps", in: descriptor)
    mappedFiles = Self.open("map_files", in: descriptor)
    auxiliaryVector =
      ProcFile.contents("auxv", in: descriptor, most: ProcessFacts.vectorLimit) ?? []
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

  /// Addresses that it can hardly have unmapped: the vdso, which is always in memory; its program's headers and entry. At the
  /// beginning of a page.
  var steadyAddresses: [UInt64] {
    let bytes = auxiliaryVector
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
    let text = ProcFile.contents("statm", in: descriptor, most: 256) ?? []
    let words = text.split(separator: UInt8(ascii: " "))
    guard words.count > 1, let pages = UInt64(String(decoding: words[1], as: UTF8.self)) else {
      return 0
    }
    return pages.multipliedReportingOverflow(by: UInt64(ProcessMemory.pageSize)).partialValue
  }
}
