import CoreIO
import CoreModel
import Salvage
import SalvageText
import SystemPackage
import TestSupport
import Testing

/// Compressed streams, whole, cut and damaged.
@Suite("a compressed stream")
struct StreamTests {
  /// Text that packs well, and noise that doesn't, in turn.
  static let content: [UInt8] = {
    var random = SeededGenerator(seed: 4)
    var bytes = CoreBuilder.typical().build().bytes
    for _ in 0..<6 {
      bytes += [UInt8](repeating: 0, count: 70_000)
      bytes += (0..<40_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
      bytes += random.nonZeroBytes(30_000)
    }
    return bytes
  }()

  static let packers = [
    ["zstd", "-q", "-c"], ["zstd", "-q", "-c", "--no-check", "-19"], ["lz4", "-q", "-c"],
    ["lz4", "-q", "-c", "-BD", "-B4"], ["lz4", "-q", "-c", "-BX", "-B5", "--no-frame-crc"],
    ["gzip", "-q", "-c"], ["gzip", "-q", "-n", "-1", "-c"],
  ]

  private func pack(_ packer: [String], _ bytes: [UInt8], in folder: ScratchFolder) throws
    -> [UInt8]
  {
    try Need.tool(packer[0]).require()
    let plain = try folder.write(bytes, to: "plain")
    return try Tool(packer[0], Array(packer.dropFirst()) + [plain.string]).runSuccessfully().output
  }

  /// What an input holds, and how its stream ended.
  private func unpacked(_ path: FilePath, _ folder: ScratchFolder) throws -> (
    bytes: [UInt8], ending: StreamEnding
  ) {
    let intake = try Intake.open(.file(path), options: IntakeOptions()) { _ throws(SalvageError) in
      try UnnamedFile(in: folder.path)
    }
    return (
      try intake.source.bytes(at: 0, count: Int(intake.source.size)), intake.wayIn.ending
    )
  }

  /// Whether the content begins so. `starts(with:)` looks at each byte by itself.
  private func isStart(_ bytes: [UInt8]) -> Bool {
    Array(Self.content.prefix(bytes.count)) == bytes
  }

  @Test(
    "gives what was packed, also from several frames and over skippable ones", arguments: packers)
  func isUnpacked(packer: [String]) throws {
    let folder = try ScratchFolder(in: .memory)
    let packed = try pack(packer, Self.content, in: folder)
    let nothing = try pack(packer, [], in: folder)
    var streams = [
      (packed, 1), (packed + packed, 2), (packed + nothing + packed + nothing, 2),
    ]
    // Only the frames of zstd and lz4 may have such others between them.
    for size in packer[0] == "gzip" ? [] : [0, 1, 2, 3, 4, 5, 7, 100, 300_000] {
      let head =
        [0x53, 0x2a, 0x4d, 0x18] + (0..<4).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) }
      let skippable = head + [UInt8](repeating: 0x28, count: size)
      streams.append((skippable + packed + skippable + packed + skippable + skippable, 2))
    }
    for (number, (bytes, copies)) in streams.enumerated() {
      let result = try unpacked(try folder.write(bytes, to: "packed"), folder)
      #expect(result.bytes == (0..<copies).flatMap { _ in Self.content }, "stream \(number)")
      #expect(result.ending == .whole, "stream \(number)")
    }
  }

  @Test("that is cut gives all that its decoder gives, and says that it is cut", arguments: packers)
  func cutIsUsed(packer: [String]) throws {
    let folder = try ScratchFolder(in: .memory)
    let packed = try pack(packer, Self.content, in: folder)
    var random = SeededGenerator(for: "cuts of \(packer)")
    var last = 0
    for size in random.sample(40, of: 8..<UInt64(packed.count - 5)).sorted() {
      let path = try folder.write(Array(packed[..<Int(size)]), to: "cut")
      let result = try unpacked(path, folder)
      #expect(result.ending == .cut, "cut to \(size)")
      #expect(isStart(result.bytes), "cut to \(size): a wrong byte")
      #expect(result.bytes.count >= last, "cut to \(size): less than of a shorter one")
      last = result.bytes.count
      let judge = try Tool(packer[0], ["-d", "-q", "-c", path.string]).run().output
      #expect(result.bytes.count >= judge.count, "cut to \(size): \(packer[0]) gives more")
    }
    #expect(last > Self.content.count / 2)
  }

  @Test("of LZ4 that is cut inside a block gives what there is of the block")
  func cutInsideBlock() throws {
    let folder = try ScratchFolder(in: .memory)
    for packer in [["lz4", "-q", "-c", "-B7"], ["lz4", "-q", "-c", "-BD", "-B7"]] {
      let packed = try pack(packer, Self.content, in: folder)
      let path = try folder.write(Array(packed[..<(packed.count / 2)]), to: "cut")
      let result = try unpacked(path, folder)
      #expect(isStart(result.bytes))
      #expect(result.bytes.count > Self.content.count / 4, "\(result.bytes.count) bytes")
    }
  }

  @Test(
    "that is damaged is never taken as good",
    arguments: packers.filter { !$0.contains("--no-check") && !$0.contains("--no-frame-crc") })
  func damageIsSaid(packer: [String]) throws {
    let folder = try ScratchFolder(in: .memory)
    let packed = try pack(packer, Self.content, in: folder)
    var random = SeededGenerator(for: "damage of \(packer)")
    for offset in random.sample(60, of: 16..<UInt64(packed.count)) {
      var bytes = packed
      bytes[Int(offset)] ^= UInt8.random(in: 1...255, using: &random)
      let result = try unpacked(try folder.write(bytes, to: "bad"), folder)
      // The bits that fill up the last byte before gzip's checksum mean nothing: what comes out is right.
      if result.ending == .whole, result.bytes == Self.content { continue }
      #expect(result.ending != .whole, "byte \(offset) changed")
      if case .damaged = result.ending { continue }
      if result.ending == .cut { continue }
      #expect(result.ending == .checksumWrong, "byte \(offset) changed: \(result.ending)")
    }
  }

  @Test("of a format that isn't read names what unpacks it", arguments: ["bzip2", "xz"])
  func foreignFormats(program: String) throws {
    try Need.tool(program).require()
    let folder = try ScratchFolder(in: .memory)
    let plain = try folder.write(Self.content, to: "plain")
    let packed = try Tool(program, ["-c", plain.string]).runSuccessfully().output
    let path = try folder.write(packed, to: "packed")
    let error = #expect(throws: SalvageError.self) { try Repair(of: path) }
    #expect(error?.advised.contains("\(program) -dc") ?? false)
  }
}
