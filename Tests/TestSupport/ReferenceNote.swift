/// One note of a core.
public struct ReferenceNote: Hashable, Sendable {
  public static let prstatus: UInt32 = 1
  public static let prpsinfo: UInt32 = 3
  public static let auxv: UInt32 = 6
  /// "FILE" in ASCII.
  public static let file: UInt32 = 0x4649_4c45

  /// `n_name` without its NUL.
  public var owner: String
  public var type: UInt32
  public var descriptor: [UInt8]
  /// Where `n_namesz` lies in the file.
  public var offset: UInt64
  /// Bytes in the file, header, name and padding included.
  public var size: UInt64

  public var range: Range<UInt64> { offset..<offset + size }

  /// All notes of one PT_NOTE. Each must be whole and padded to 4 bytes, ours with zeros, and the
  /// segment must end where its last note does.
  static func all(in segment: ReferenceSegment, of core: ReferenceSource, _ format: ReferenceFormat)
    throws -> [ReferenceNote]
  {
    guard segment.alignment <= 1 || segment.alignment == 4 else {
      throw segment.problem("notes aligned to \(segment.alignment), which gdb and eu-stack misread")
    }
    guard segment.fileSize <= core.length else { throw segment.problem("larger than the file") }
    let bytes = try core.read(at: segment.offset, count: Int(segment.fileSize), for: "PT_NOTE")
    var reader = FieldReader(bytes, format, what: "PT_NOTE at \(segment.offset)")
    var notes: [ReferenceNote] = []
    while reader.remaining > 0 {
      notes.append(try ReferenceNote(&reader, base: segment.offset))
    }
    return notes
  }

  private init(_ reader: inout FieldReader, base: UInt64) throws {
    let start = reader.position
    let nameSize = Int(try reader.word())
    let descriptorSize = Int(try reader.word())
    type = try reader.word()
    let name = try reader.raw(nameSize)
    var padding = try reader.padding(to: 4)
    descriptor = try reader.raw(descriptorSize)
    padding += try reader.padding(to: 4)
    offset = base + UInt64(start)
    size = UInt64(reader.position - start)
    guard name.last == 0, let end = name.firstIndex(of: 0), end == name.count - 1 else {
      throw ReferenceError("note at \(offset): its name is not ended by one NUL: \(name)")
    }
    owner = String(decoding: name[..<end], as: UTF8.self)
    // qemu leaves there what its memory held; what we write depends on the input alone.
    guard owner != ReferenceCore.recordOwner || padding.allSatisfy({ $0 == 0 }) else {
      throw ReferenceError("note at \(offset): its padding is not zero: \(padding)")
    }
  }
}
