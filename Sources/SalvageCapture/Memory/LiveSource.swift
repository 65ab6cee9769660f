internal import CoreIO
internal import ELFCore
internal import Synchronization
internal import SystemPackage

/// A process as the core that the kernel would write of it: its head from a file, its memory from the process itself. What is
/// read of the memory is noted: it is what a debugger reads, too.
final class LiveSource: ByteSource {
  let path: FilePath
  let size: UInt64
  private let head: InputFile
  private let memory: ProcessMemory
  /// PT_LOADs with bytes, in the order of the file.
  private let segments: [ProgramHeader]
  private let touched = Mutex<[Range<UInt64>]>([])

  init(_ head: InputFile, _ segments: [ProgramHeader], size: UInt64, _ memory: ProcessMemory) {
    self.head = head
    self.memory = memory
    self.segments = segments
    self.size = size
    path = head.path
  }

  var unreadable: [Range<UInt64>] { [] }
  func confirmSize() {}

  /// What was read of the memory since this was asked the last time, by address.
  func takeTouched() -> [Range<UInt64>] {
    touched.withLock { ranges in
      defer { ranges = [] }
      return ranges
    }
  }

  /// What can't be read is zeros here: whoever walks lists finds their end.
  func read(
    at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SalvageError) -> Int {
    guard offset < size, let base = buffer.baseAddress else { return 0 }
    let wanted = min(UInt64(buffer.count), size - offset)
    var position = offset
    while position < offset + wanted {
      let done = Int(position - offset)
      let rest = unsafe UnsafeMutableRawBufferPointer(
        start: base + done, count: Int(wanted) - done)
      let index = segments.partitioningIndex { ($0.fileEnd ?? .max) > position }
      if index < segments.count, segments[index].fileOffset <= position {
        let segment = segments[index]
        let inside = position - segment.fileOffset
        let part = unsafe UnsafeMutableRawBufferPointer(
          rebasing: rest[..<min(rest.count, Int(segment.fileSize - inside))])
        unsafe readMemory(at: segment.address &+ inside, into: part)
        position += UInt64(part.count)
        continue
      }
      let next = index < segments.count ? segments[index].fileOffset : size
      let part = unsafe UnsafeMutableRawBufferPointer(
        rebasing: rest[..<min(rest.count, Int(next - position))])
      let count = unsafe try head.read(at: position, into: part)
      if count < part.count {
        unsafe UnsafeMutableRawBufferPointer(rebasing: part[count...])
          .initializeMemory(as: UInt8.self, repeating: 0)
      }
      position += UInt64(part.count)
    }
    return Int(wanted)
  }

  private func readMemory(at address: UInt64, into buffer: UnsafeMutableRawBufferPointer) {
    touched.withLock { $0.append(address..<address +| UInt64(buffer.count)) }
    var done = 0
    while done < buffer.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      guard case .bytes(let count) = unsafe memory.read(at: address +| UInt64(done), into: rest)
      else {
        unsafe rest.initializeMemory(as: UInt8.self, repeating: 0)
        return
      }
      done += count
    }
  }
}
