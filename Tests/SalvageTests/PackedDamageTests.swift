import CoreIO
import CoreModel
import Salvage
import SystemPackage
import TestSupport
import Testing

/// A core packed by zstd or lz4, with a run of bytes in it that are others, or zeros, as devices lose them.
@Suite(
  "a packed stream with damage inside", .needs(.tool("zstd")), .needs(.tool("lz4")),
  .needs(.tool("gzip")))
struct PackedDamageTests {
  /// Memory as it packs: none of it, some pieces of 64 KiB, or all.
  enum Memory: CaseIterable {
    case keys, some, words

    static let bytes = [Memory: [UInt8]](
      uniqueKeysWithValues: allCases.map { ($0, $0.generate()) })

    private func generate() -> [UInt8] {
      var random = SeededGenerator(for: "the memory of a packed core")
      var bytes = CoreBuilder.typical().build().bytes
      for piece in 0..<24 {
        let packs = self == .words || self == .some && piece % 3 == 0
        for _ in 0..<8192 {
          let word = UInt64.random(in: 0...UInt64.max, using: &random)
          let value = packs ? (word & 0xffff) << 20 | 0x7f00_0000_0000 : word
          for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * shift))) }
        }
      }
      return bytes
    }
  }

  struct Found {
    var errors = 0
    /// Streams with wrong bytes that pass for right ones.
    var wrong = 0
    /// Streams of which some of what was decoded is in doubt.
    var doubted = 0
    var mostDoubted: UInt64 = 0
  }

  /// What is made of streams with such damage at many places.
  private static func trials(
    _ memory: Memory, _ command: [String], damage: Int, zeros: Bool
  ) throws -> Found {
    let folder = try ScratchFolder(in: .memory)
    let core = try #require(Memory.bytes[memory])
    let noise = try #require(Memory.bytes[.keys]).suffix(1 << 20)
    let plain = try folder.write(core, to: "plain").string
    let packed = try Tool(command[0], ["-q", "-c"] + command.dropFirst() + [plain])
      .runSuccessfully().output
    var random = SeededGenerator(for: "damage in a packed stream")
    var found = Found()
    for place in random.sample(16, of: 1000..<UInt64(packed.count - damage)) {
      var bytes = packed
      let start = noise.startIndex + Int.random(in: 0...noise.count - damage, using: &random)
      bytes.replaceSubrange(
        Int(place)..<Int(place) + damage,
        with: zeros ? [UInt8](repeating: 0, count: damage)[...] : noise[start..<start + damage])
      let intake = try Intake.open(
        .file(folder.write(bytes, to: "bad")), options: IntakeOptions()
      ) { _ throws(SalvageError) in try UnnamedFile(in: folder.path) }
      // All was decoded: of what then is wrong no place is known, and that is told if a checksum can tell.
      guard case .damaged = intake.wayIn.ending else { continue }
      let got = try intake.source.bytes(at: 0, count: Int(intake.source.size))
      let doubt = intake.losses.first?.range ?? UInt64(got.count)..<UInt64(got.count)
      #expect(doubt.upperBound == UInt64(got.count))
      found.errors += 1
      let believed = Int(doubt.lowerBound)
      if core.count < believed || Array(core[..<believed]) != Array(got[..<believed]) {
        found.wrong += 1
      }
      if !doubt.isEmpty { found.doubted += 1 }
      found.mostDoubted = max(found.mostDoubted, doubt.upperBound - doubt.lowerBound)
    }
    return found
  }

  static let commands = [
    ["zstd"], ["zstd", "--no-check", "-9"], ["lz4"], ["lz4", "-B4"], ["lz4", "-B4", "-BD"],
    ["lz4", "-BX"], ["lz4", "--no-frame-crc", "-B4"],
  ]

  @Test(
    "that can't be decoded on has no wrong byte that passes for a right one, whatever its memory",
    arguments: commands, Memory.allCases)
  func damage(command: [String], memory: Memory) throws {
    let longest = memory == .words ? 20_000 : 250_000
    var errors = 0
    for (damage, zeros) in [(64, false), (4096, false), (longest, false), (longest, true)] {
      let found = try Self.trials(memory, command, damage: damage, zeros: zeros)
      // One time in sixty, damage reads as a header.
      #expect(found.wrong <= 1, "\(found), of \(damage) bytes")
      #expect(found.mostDoubted <= 4 << 20, "\(found)")
      errors += found.errors
      if memory == .words { #expect(found.doubted <= 2, "\(found), of \(damage) bytes") }
    }
    // Damage in a block that takes any bytes, or that happens to end where it should, shows at the end alone.
    let isFound = command[0] == "zstd" || command.contains("-B4")
    if isFound, memory != .words { #expect(errors > 0) }
  }

  @Test(
    "in a block that has a checksum of its own has all of that block in doubt, and nothing before it"
  )
  func checkedBlocks() throws {
    let found = try Self.trials(.keys, ["lz4", "-BX", "-B5"], damage: 1, zeros: false)
    #expect(found.errors >= 12 && found.wrong == 0, "\(found)")
    #expect(found.mostDoubted <= 256 << 10, "\(found)")
  }

  @Test(
    "that ends in zeros, as a power cut leaves it, is the one that was cut there, and has none of them for memory",
    arguments: commands + [["gzip", "-1"], ["gzip"]], Memory.allCases)
  func zeroTail(command: [String], memory: Memory) throws {
    let folder = try ScratchFolder(in: .memory)
    let core = try #require(Memory.bytes[memory])
    let plain = try folder.write(core, to: "plain").string
    let packed = try Tool(command[0], ["-q", "-c"] + command.dropFirst() + [plain])
      .runSuccessfully().output
    var random = SeededGenerator(for: "zeros at the end of a packed stream")
    for place in random.sample(20, of: 100..<UInt64(packed.count - 600)) {
      let kept = packed[..<Int(place)]
      let zeros = packed.count - Int(place)
      let ended = try Self.read(
        folder.write(kept + [UInt8](repeating: 0, count: zeros), to: "zeros"), command[0],
        chunk: 1 << 20)
      // The stream's own zeros before them are lost with them.
      let sure = kept.prefix(1 + (try #require(kept.lastIndex { $0 != 0 })))
      let cut = try Self.read(folder.write(Array(sure), to: "cut"), command[0], chunk: 1 << 20)
      #expect(ended.bytes == cut.bytes && ended.doubtful == 0, "at \(place)")
      #expect(ended.bytes == Array(core.prefix(ended.bytes.count)), "at \(place)")
      #expect(cut.ending == .cut)
      let count = ByteCount(UInt64(packed.count - sure.count))
      #expect(ended.ending == .damaged("its last \(count) are zeros"), "at \(place)")
    }
  }

  @Test(
    "has its own zeros, however many and in pieces of any size",
    arguments: [1, 511, 512, 70_000, 9 << 20])
  func ownZeros(count: Int) throws {
    let folder = try ScratchFolder(in: .memory)
    let zeros = [UInt8](repeating: 0, count: count)
    let core = Array("before".utf8) + zeros + Array("behind".utf8)
    // Blocks that stand there as they are, and a frame that is skipped.
    var stream: [UInt8] = [0x50, 0x2a, 0x4d, 0x18] + Self.little(count) + zeros
    stream += [0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73]
    for start in stride(from: 0, to: core.count, by: 4 << 20) {
      let block = core[start..<min(start + 4 << 20, core.count)]
      stream += Self.little(block.count | 1 << 31) + block
    }
    let end = [UInt8](repeating: 0, count: 4)
    for chunk in [4097, 1 << 20] {
      let path = try folder.write(stream + end, to: "stream")
      let found = try Self.read(path, "lz4", chunk: chunk)
      #expect(found.bytes == core && found.ending == .whole)
      // A frame that is skipped may well be zeros at the end.
      let skipped = stream + end + [0x50, 0x2a, 0x4d, 0x18] + Self.little(count) + zeros
      let more = try Self.read(folder.write(skipped, to: "stream"), "lz4", chunk: chunk)
      #expect(more.bytes == core && more.ending == .whole)
    }
    // Zeros of a tape's block behind a member, whose length ends in such.
    let gzip = try Tool("gzip", ["-c", folder.write(core, to: "plain").string]).runSuccessfully()
    let path = try folder.write(gzip.output + zeros, to: "stream")
    let found = try Self.read(path, "gzip", chunk: 4097)
    #expect(found.bytes == core && found.ending == .whole)
  }

  @Test(
    "with zeros behind its end, as a tape's block has them, is whole and as sure as it was",
    arguments: [["zstd"], ["zstd", "--no-check"], ["lz4"], ["gzip"]],
    [1, 100, 511, 512, 70_000, 1 << 40])
  func zerosBehind(command: [String], count: Int) throws {
    let folder = try ScratchFolder(in: .memory)
    let core = CoreBuilder.typical().build().bytes
    let plain = try folder.write(core, to: "core").string
    let packed = try Tool(command[0], ["-q", "-c"] + command.dropFirst() + [plain])
      .runSuccessfully().output
    let path = try folder.write(packed, to: "packed")
    let file = try FileDescriptor.open(path, .readWrite)
    try file.closeAfter { try file.resize(to: Int64(packed.count + count)) }
    let intake = try Intake.open(.file(path), options: IntakeOptions()) { _ throws(SalvageError) in
      try UnnamedFile(in: folder.path)
    }
    #expect(try intake.source.bytes(at: 0, count: core.count + 1) == core)
    #expect(intake.wayIn.ending == .whole && intake.losses.isEmpty)
    #expect(intake.wayIn.isChecked == !command.contains("--no-check"))
    // A gzip's length has zeros of its own at its end, and they are none of these.
    #expect(intake.wayIn.zerosBehind == UInt64(count))
    let words = intake.wayIn.lines(isWhole: true, isCut: false).first { $0.label == "stream" }
    #expect(words?.words.contains("with \(ByteCount(UInt64(count))) of zeros behind it") == true)
  }

  @Test(
    "whose checksum ends in a zero has it also where more zeros follow, and none where they begin inside of it",
    arguments: ["zstd", "lz4"])
  func zeroAtChecksumsEnd(packer: String) throws {
    let folder = try ScratchFolder(in: .memory)
    var number = 0
    var core: [UInt8]
    var packed: [UInt8]
    repeat {
      number += 1
      core = Array("the memory of process \(number)".utf8)
      let plain = try folder.write(core, to: "plain").string
      packed = try Tool(packer, ["-q", "-c", plain]).runSuccessfully().output
    } while packed.last != 0 && number < 5000
    let zeros = [UInt8](repeating: 0, count: 600)
    for (missing, isWhole) in [(0, true), (1, true), (2, false), (3, false), (4, false)] {
      let stream = try folder.write(packed.dropLast(missing) + zeros, to: "stream")
      let found = try Self.read(stream, packer, chunk: 4097)
      #expect(found.bytes == core, "\(missing)")
      if isWhole {
        #expect(found.ending == .whole, "\(missing)")
      } else {
        guard case .damaged(let reason) = found.ending else {
          Issue.record("\(missing) missing: \(found.ending)")
          continue
        }
        #expect(reason.hasPrefix("its last ") && reason.hasSuffix(" are zeros"))
      }
    }
  }

  private static func little(_ number: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  @Test("that ends in a hole of a tebibyte is read without it", arguments: ["zstd", "lz4", "gzip"])
  func hole(packer: String) throws {
    let folder = try ScratchFolder(in: .memory)
    let core = try #require(Memory.bytes[.some]).prefix(400_000)
    let plain = try folder.write(Array(core), to: "plain").string
    let packed = try Tool(packer, ["-q", "-c", plain]).runSuccessfully().output
    let path = try folder.write(Array(packed.prefix(packed.count / 2)), to: "stream")
    let cut = try Self.read(path, packer, chunk: 1 << 20)
    let file = try FileDescriptor.open(path, .readWrite)
    try file.closeAfter { try file.resize(to: 1 << 40) }
    let found = try Self.read(path, packer, chunk: 1 << 20)
    #expect(found.bytes == cut.bytes && !found.bytes.isEmpty)
    #expect(found.ending != cut.ending)
  }

  /// All of a stream that is read in pieces of that size: what came, how much of it is in doubt, and how it ended.
  private static func read(
    _ path: FilePath, _ packer: String, chunk: Int
  ) throws -> (bytes: [UInt8], doubtful: UInt64, ending: StreamEnding) {
    let input = DescriptorStream(try InputFile(path))
    let stream: any ByteStream =
      switch packer {
      case "zstd": ZstdStream(input)
      case "lz4": LZ4Stream(input)
      default: GzipStream(input)
      }
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: chunk)
    while true {
      let count = buffer.withUnsafeMutableBytes { stream.read(into: $0) }
      all += buffer[..<count]
      if count < chunk { return (all, stream.doubtful, stream.ending) }
    }
  }

  @Test(
    "whole, cut or damaged, is the same however much of it is asked for at once",
    arguments: commands)
  func pieces(command: [String]) throws {
    let folder = try ScratchFolder(in: .memory)
    let core = try #require(Memory.bytes[.some]).prefix(400_000)
    let plain = try folder.write(Array(core), to: "plain").string
    let packed = try Tool(command[0], ["-q", "-c"] + command.dropFirst() + [plain])
      .runSuccessfully().output
    var random = SeededGenerator(for: "damage and cuts in a packed stream")
    for trial in 0..<9 {
      var bytes = packed
      let place = Int.random(in: 10..<packed.count - 300, using: &random)
      switch trial % 3 {
      case 0: break
      case 1: bytes = Array(packed[..<place])
      default: for index in place..<place + 200 { bytes[index] = ~bytes[index] }
      }
      let path = try folder.write(bytes, to: "stream")
      let whole = try Self.read(path, command[0], chunk: 1 << 20)
      if trial % 3 == 0 { #expect(whole.bytes == Array(core) && whole.ending == .whole) }
      for chunk in [97, 4096, 65536, 131_072] {
        let found = try Self.read(path, command[0], chunk: chunk)
        #expect(found.ending == whole.ending, "\(trial), at \(place), by \(chunk)")
        // A block with a checksum of its own is given out before that is known to be wrong, as far as there was room.
        let (sure, wanted) = (
          found.bytes.count - Int(found.doubtful), whole.bytes.count - Int(whole.doubtful)
        )
        #expect(sure == wanted, "\(trial), at \(place), by \(chunk)")
        #expect(Array(found.bytes.prefix(wanted)) == Array(whole.bytes.prefix(wanted)))
      }
    }
  }

  /// Headers of blocks that no packer makes, and all values of a byte that count, at every place of a small stream.
  @Test("ends in words, not in a trap, whatever byte of it is another", arguments: commands)
  func anyByte(command: [String]) throws {
    let folder = try ScratchFolder(in: .memory)
    let core = CoreBuilder.typical().build().bytes.prefix(2000)
    let plain = try folder.write(Array(core), to: "plain").string
    let packed = try Tool(command[0], ["-q", "-c"] + command.dropFirst() + [plain])
      .runSuccessfully().output
    for place in packed.indices {
      for value: UInt8 in [0, 1, 0x7f, 0x80, 0xff, packed[place] ^ 0x10] {
        var bytes = packed
        bytes[place] = value
        _ = try Self.read(folder.write(bytes, to: "stream"), command[0], chunk: 4096)
      }
    }
    let headers: [[UInt8]] = [
      [0, 0, 0, 0x80], [1, 0, 0, 0x80], [0, 0, 0, 0], [1, 0, 0, 0], [2, 0, 0],
      [0xff, 0xff, 0xff, 0xff],
      [0xff, 0xff, 0xff, 0x7f], [0x50, 0x2a, 0x4d, 0x18, 0xff, 0xff, 0xff, 0xff],
    ]
    for header in headers {
      for count in [1, 2, 1000] {
        for end in 4...min(packed.count, 40) {
          let some = Array(repeatElement(header, count: count).joined())
          for tail in [[], Array(packed.suffix(20))] {
            let path = try folder.write(packed[..<end] + some + tail, to: "stream")
            _ = try Self.read(path, command[0], chunk: 4096)
          }
        }
      }
    }
  }
}
