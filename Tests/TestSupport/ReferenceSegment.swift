/// One program header, its fields under elf(5)'s names in Swift words, and its place in the table.
public struct ReferenceSegment: Hashable, Sendable {
  public static let load: UInt32 = 1
  public static let note: UInt32 = 4

  /// Its index in the program header table.
  public var index: Int
  public var type: UInt32
  public var flags: UInt32
  public var offset: UInt64
  public var address: UInt64
  public var physicalAddress: UInt64
  public var fileSize: UInt64
  public var memorySize: UInt64
  public var alignment: UInt64

  public var isLoad: Bool { type == Self.load }
  public var isNote: Bool { type == Self.note }

  /// Its bytes in the file.
  public var fileRange: Range<UInt64> { offset..<offset + fileSize }
  /// The addresses whose bytes are in the file.
  public var readableRange: Range<UInt64> { address..<address + fileSize }
  /// All addresses it speaks of. Those past `readableRange` are what gdb shows as zeros.
  public var memoryRange: Range<UInt64> { address..<address + max(memorySize, fileSize) }

  /// Reads an `Elf32_Phdr` or `Elf64_Phdr`, and refuses one whose sums overflow, that has more
  /// bytes in the file than in memory, or an alignment that is no power of two.
  init(_ reader: inout FieldReader, index: Int) throws {
    self.index = index
    type = try reader.word()
    if reader.format.is64Bit { flags = try reader.word() } else { flags = 0 }
    offset = try reader.native()
    address = try reader.native()
    physicalAddress = try reader.native()
    fileSize = try reader.native()
    memorySize = try reader.native()
    if !reader.format.is64Bit { flags = try reader.word() }
    alignment = try reader.native()

    let limit: UInt64 = reader.format.is64Bit ? .max : UInt64(UInt32.max)
    guard fileSize <= limit - offset else { throw problem("p_offset + p_filesz overflows") }
    guard memorySize <= limit - address, fileSize <= limit - address else {
      throw problem("p_vaddr + p_memsz overflows")
    }
    guard alignment & (alignment &- 1) == 0 else { throw problem("p_align is no power of two") }
    guard isLoad else { return }
    guard fileSize <= memorySize else { throw problem("p_filesz is above p_memsz") }
    guard fileSize == 0 || alignment < 2 || offset % alignment == address % alignment else {
      throw problem("p_offset and p_vaddr differ modulo p_align")
    }
  }

  func problem(_ words: String) -> ReferenceError {
    let numbers = [offset, address, fileSize, memorySize, alignment]
      .map { "0x" + String($0, radix: 16) }.joined(separator: " ")
    return ReferenceError("program header \(index), type \(type): \(words) (\(numbers))")
  }
}
