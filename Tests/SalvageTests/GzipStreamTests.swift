import CoreIO
import CoreModel
import Salvage
import SystemPackage
import TestSupport
import Testing

/// What gzip files may have that the streams of other packers have not.
@Suite("a gzip file", .needs(.tool("gzip")))
struct GzipStreamTests {
  private static func pack(_ bytes: [UInt8], in folder: ScratchFolder) throws -> [UInt8] {
    let plain = try folder.write(bytes, to: "plain")
    return try Tool("gzip", ["-n", "-c", plain.string]).runSuccessfully().output
  }

  private static func unpack(
    _ bytes: [UInt8], in folder: ScratchFolder, chunk: Int = 1 << 20
  ) throws -> (bytes: [UInt8], ending: StreamEnding) {
    let stream = GzipStream(DescriptorStream(try InputFile(folder.write(bytes, to: "packed"))))
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: chunk)
    while true {
      let count = buffer.withUnsafeMutableBytes { stream.read(into: $0) }
      all += buffer[..<count]
      if count < chunk { return (all, stream.ending) }
    }
  }

  @Test(
    "gives all of its members, whatever is asked for at once", arguments: [1, 13, 4096, 1 << 20])
  func members(chunk: Int) throws {
    let folder = try ScratchFolder(in: .memory)
    let parts = [[], Array(StreamTests.content.prefix(5000)), [7], []]
    let packed = try parts.map { try Self.pack($0, in: folder) }.flatMap { $0 }
    let found = try Self.unpack(packed, in: folder, chunk: chunk)
    #expect(found.bytes == parts.flatMap { $0 } && found.ending == .whole)
  }

  @Test("may have a tape's zeros behind it, and nothing else")
  func tail() throws {
    let folder = try ScratchFolder(in: .memory)
    let content = Array(StreamTests.content.prefix(5000))
    let packed = try Self.pack(content, in: folder)
    for count in [1, 10_240, 300_000] {
      let zeros = [UInt8](repeating: 0, count: count)
      let padded = try Self.unpack(packed + zeros, in: folder)
      #expect(padded.bytes == content && padded.ending == .whole)
      let more = try Self.unpack(packed + zeros + packed, in: folder)
      #expect(more.bytes == content + content && more.ending == .whole)
      for garbage in [[1], [0x1f, 0x8c], [0x1f, 0x8b, 7, 0]] as [[UInt8]] {
        let spoilt = try Self.unpack(packed + zeros + garbage, in: folder)
        #expect(spoilt.bytes == content)
        guard case .damaged = spoilt.ending else {
          Issue.record("\(garbage): \(spoilt.ending)")
          continue
        }
      }
    }
  }

  @Test("that is cut anywhere gives no wrong byte, and says so")
  func cuts() throws {
    let folder = try ScratchFolder(in: .memory)
    let content = Array(StreamTests.content.prefix(3000))
    let packed = try Self.pack(content, in: folder)
    for size in 2..<packed.count {
      let found = try Self.unpack(Array(packed[..<size]), in: folder)
      #expect(content.starts(with: found.bytes) && found.ending == .cut, "cut to \(size)")
    }
  }

  @Test("with another length or checksum says that some of its bytes are wrong", arguments: 1...8)
  func checksum(fromEnd: Int) throws {
    let folder = try ScratchFolder(in: .memory)
    let content = Array(StreamTests.content.prefix(5000))
    var packed = try Self.pack(content, in: folder)
    packed[packed.count - fromEnd] ^= 0x10
    let found = try Self.unpack(packed, in: folder)
    #expect(found.bytes == content && found.ending == .checksumWrong)
  }

  /// What packs as well as most memory does: a block of it is long.
  private static let records: [UInt8] = (0..<40_000).flatMap { (number: UInt32) -> [UInt8] in
    let word = number &* 2_654_435_761
    return [UInt8](repeating: 0, count: 56)
      + (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
      + (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
  }

  @Test(
    "that can't be decoded on has no wrong byte that passes for a right one",
    arguments: ["mixed", "records"])
  func damage(kind: String) throws {
    let folder = try ScratchFolder(in: .memory)
    let content = kind == "records" ? Self.records : StreamTests.content
    let core = CoreBuilder.typical().build().bytes + content
    let packed = try Self.pack(core, in: folder)
    var random = SeededGenerator(for: "damage that gzip can't decode")
    var count = 0
    for offset in random.sample(120, of: UInt64(packed.count / 2)..<UInt64(packed.count - 1000)) {
      var bytes = packed
      for index in 0..<600 {
        bytes[Int(offset) + index] = UInt8.random(in: 0...255, using: &random)
      }
      let intake = try Intake.open(
        .file(folder.write(bytes, to: "bad")), options: IntakeOptions()
      ) { _ throws(SalvageError) in try UnnamedFile(in: folder.path) }
      guard case .damaged = intake.wayIn.ending else {
        #expect(intake.wayIn.ending == .checksumWrong)
        continue
      }
      count += 1
      let found = try intake.source.bytes(at: 0, count: Int(intake.source.size))
      let doubtful = try #require(intake.losses.first?.range)
      #expect(doubtful.upperBound == UInt64(found.count))
      #expect(core.starts(with: Array(found.prefix(Int(doubtful.lowerBound)))), "at \(offset)")
    }
    #expect(count > 2)
  }

  @Test(
    "in blocks that hold nothing, as who flushes often writes them, is whole, and damage is found")
  func emptyBlocks() throws {
    let folder = try ScratchFolder(in: .memory)
    let content = Array("after many blocks of nothing".utf8)
    let packed = try Self.pack(content, in: folder)
    try #require(packed[3] == 0)
    // Without a name, the header is 10 bytes; an empty stored block is 5, and one of gzip's begins on a byte, too.
    var many = Array(packed[..<10])
    for _ in 0..<100_000 { many += [0, 0, 0, 0xff, 0xff] }
    many += packed[10...]
    let found = try Self.unpack(many, in: folder)
    #expect(found.bytes == content && found.ending == .whole)
    many[many.count - packed.count + 5] = 7
    let damaged = try Self.unpack(many, in: folder)
    guard case .damaged = damaged.ending else {
      Issue.record("\(damaged.ending)")
      return
    }
    #expect(damaged.bytes.isEmpty)
  }

  @Test("has the CRC that gzip has")
  func crc() throws {
    let folder = try ScratchFolder(in: .memory)
    let packed = try Self.pack(StreamTests.content, in: folder)
    var crc = CRC32()
    for part in [0..<0, 0..<1000, 1000..<1000, 1000..<StreamTests.content.count] {
      crc.add(Array(StreamTests.content[part]))
    }
    let stored = packed.suffix(8).prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    #expect(crc.value == stored)
    #expect(CRC32().value == 0)
  }
}
