internal import CoreIO
internal import CoreModel
internal import ELFCore

/// Which read-only memory of files was still as the files have it when it was dumped.
///
/// As a rule the kernel leaves out what a process did not change, so that what was dumped is another than the file's. A
/// process can ask for all of it, as every JVM does: then nothing is left out, and what survived is the file's.
struct DumpedCode {
  /// Whether what survived of a mapping is the file's, by the mapping's beginning. None where nothing did.
  private var isFiles: [UInt64: Bool] = [:]
  /// How many mappings were asked for, and whether all of each was dumped.
  private var count = 0
  private var isAllDumped = true
  /// How many bytes may still be compared. Those of a hostile core may be named many times.
  private var budget: UInt64

  private static let chunkSize: UInt64 = 1 << 20

  /// None.
  init() { budget = 0 }

  /// `size` is that of the core.
  init(
    _ modules: [Module], _ memory: CoreMemory, pageSize: UInt64, size: UInt64
  ) throws(SalvageError) {
    budget = size
    for module in modules {
      guard let file = module.file, !(try file.dynamicSection()?.relocatesText ?? false) else {
        continue
      }
      for mapping in module.mappings where module.isReadOnly(mapping, pageSize: pageSize) {
        try add(mapping, of: file, memory, pageSize)
        guard isAllDumped else { return }
      }
    }
  }

  /// Whether it can be taken for the file's: what survived of it is, or where nothing did, what survived of all others.
  func isUnchanged(_ mapping: MappedFiles.Entry) -> Bool {
    // Of a single one, being dumped can as well mean that it was changed.
    guard isAllDumped, count > 1 else { return false }
    return isFiles[mapping.range.lowerBound]
      ?? (!isFiles.isEmpty && isFiles.values.allSatisfy { $0 })
  }

  private mutating func add(
    _ mapping: MappedFiles.Entry, of file: ModuleFile, _ memory: CoreMemory, _ pageSize: UInt64
  ) throws(SalvageError) {
    // An image's first page is dumped in either case.
    let header = mapping.fileOffset == 0 ? min(pageSize, mapping.range.length) : 0
    let range = mapping.range.lowerBound + header..<mapping.range.upperBound
    guard !range.isEmpty else { return }
    count += 1
    isAllDumped = memory.parts(of: range, [.undumped, .unmapped], most: 1).isEmpty
    let survived = memory.fates(of: range).filter { $0.fate == .survived }.map(\.range)
    let length = survived.total(\.length)
    guard isAllDumped, length > 0, length <= budget else { return }
    budget -= length
    isFiles[mapping.range.lowerBound] = try Self.isSame(survived, mapping, file, memory)
  }

  private static func isSame(
    _ parts: [Range<UInt64>], _ mapping: MappedFiles.Entry, _ file: ModuleFile,
    _ memory: CoreMemory
  ) throws(SalvageError) -> Bool {
    let file = try file.open()
    for part in parts {
      var position = part.lowerBound
      while position < part.upperBound {
        let count = min(part.upperBound - position, chunkSize)
        let offset = mapping.fileOffset &+ (position - mapping.range.lowerBound)
        // The last page goes on after the file's end.
        let expected = try file.bytes(at: offset, count: Int(count))
        guard try memory.prefix(at: position, limit: expected.count) == expected else {
          return false
        }
        position += count
      }
    }
    return true
  }
}
