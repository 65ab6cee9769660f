internal import CLinux
internal import CoreIO
internal import Glibc
internal import SystemPackage

/// The mappings of a process by address, and those of their files that may have holes.
final class MappingList: Sendable {
  let mappings: [Mapping]
  /// The files behind shared mappings, by the index of the mapping.
  private let files: [Int: FileDescriptor]

  /// So many files are opened. Of a shared mapping whose file isn't, holes are read like anything else.
  private static let mostFiles = 128

  /// Reads /proc/PID/maps, and opens what it takes: after the end of the process there is no name any more.
  init(_ process: ProcessFolder) {
    mappings = process.maps.map(Self.read) ?? []
    let opened = process.mappedFiles?.rawValue ?? -1
    var files: [Int: FileDescriptor] = [:]
    if opened >= 0 {
      // A deleted file that is mapped privately is a memfd as a rule.
      for (index, mapping) in mappings.enumerated()
      where mapping.hasFile && (mapping.isShared || mapping.isDeleted)
        && files.count < Self.mostFiles
      {
        let range = mapping.range
        let path =
          "/proc/self/fd/\(opened)/\(hexadecimal(range.lowerBound))-\(hexadecimal(range.upperBound))"
        // The link is the kernel's own and leads to the very file. A device's is not opened.
        let file = unsafe linux_open_regular(nil, path)
        if file >= 0 { files[index] = FileDescriptor(rawValue: file) }
      }
    }
    self.files = files
  }

  deinit { for file in files.values { try? file.close() } }

  private static func read(_ maps: FileDescriptor) -> [Mapping] {
    var result: [Mapping] = []
    var rest: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while result.count < mostMappings {
      let count = unsafe chunk.withUnsafeMutableBytes { (try? unsafe maps.read(into: $0)) ?? 0 }
      guard count > 0 else { break }
      rest += chunk[..<count]
      var start = 0
      while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
        if let mapping = Mapping(rest[start..<end]) { result.append(mapping) }
        start = end + 1
      }
      rest.removeFirst(start)
      guard rest.count < 64 << 10 else { break }
    }
    return result
  }

  private static let mostMappings = 1 << 20

  /// The mapping that holds an address.
  func index(at address: UInt64) -> Int? {
    let index = mappings.partitioningIndex { $0.range.upperBound > address }
    guard index < mappings.count, mappings[index].range.contains(address) else { return nil }
    return index
  }

  /// The parts of a range that may hold anything but zeros, in order.
  func data(in range: Range<UInt64>, of memory: ProcessMemory) -> [Range<UInt64>] {
    var result: [Range<UInt64>] = []
    var position = range.lowerBound
    while position < range.upperBound {
      guard let index = index(at: position) else {
        // The gate page and the like are in no list, or there is none.
        result.append(position..<range.upperBound)
        break
      }
      let part = position..<min(range.upperBound, mappings[index].range.upperBound)
      result += data(in: part, at: index, of: memory)
      position = part.upperBound
    }
    return result
  }

  private func data(
    in part: Range<UInt64>, at index: Int, of memory: ProcessMemory
  ) -> [Range<UInt64>] {
    let mapping = mappings[index]
    guard let file = files[index] else {
      // What pagemap calls absent is absent only where no file, and no other process, has it.
      guard !mapping.isShared, !mapping.hasFile else { return [part] }
      return memory.pages(in: part) ?? [part]
    }
    if linux_is_huge_pages(file.rawValue) { return memory.pages(in: part) ?? [part] }
    let inFile = Self.data(of: file, part, mapping)
    guard !mapping.isShared else { return inFile }
    guard let own = memory.pages(in: part) else { return [part] }
    return Self.union(inFile, own)
  }

  /// Reading a hole of a shared mapping would fill it, on the process's account.
  private static func data(
    of file: FileDescriptor, _ part: Range<UInt64>, _ mapping: Mapping
  ) -> [Range<UInt64>] {
    let shift = mapping.fileOffset &- mapping.range.lowerBound
    var result: [Range<UInt64>] = []
    var position = part.lowerBound
    while position < part.upperBound {
      let data = linux_seek_data(file.rawValue, Int(truncatingIfNeeded: position &+ shift))
      guard data >= 0 else {
        guard errno == ENXIO else { return [part] }
        break
      }
      let start = max(position, UInt64(data) &- shift)
      guard start < part.upperBound else { break }
      let hole = linux_seek_hole(file.rawValue, data)
      guard hole > data else { return [part] }
      // The last page of a file goes on past its end.
      let pageSize = UInt64(ProcessMemory.pageSize)
      let end = min(part.upperBound, roundUp(UInt64(hole) &- shift, to: pageSize))
      guard end > start else { break }
      result.append(start..<end)
      position = end
    }
    return result
  }

  private static func union(
    _ left: [Range<UInt64>], _ right: [Range<UInt64>]
  ) -> [Range<UInt64>] {
    var result: [Range<UInt64>] = []
    for range in (left + right).sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = result.last, last.upperBound >= range.lowerBound {
        result[result.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
    return result
  }

  /// Whether an address lies past the end of the file that is mapped there: there is no memory, and never was.
  func isPastFile(_ address: UInt64) -> Bool {
    guard let index = index(at: address), let file = files[index] else { return false }
    let mapping = mappings[index]
    let size = (try? FileIdentity(of: file, path: "map_files"))?.size
    return size.map { mapping.fileOffset &+ (address - mapping.range.lowerBound) >= $0 } ?? false
  }
}
