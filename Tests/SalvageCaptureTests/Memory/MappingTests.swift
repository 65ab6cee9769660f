import TestSupport
import Testing

@testable import SalvageCapture

@Suite("A line of /proc/PID/maps")
struct MappingTests {
  private static func mapping(_ line: String) -> Mapping? { Mapping(Array(line.utf8)[...]) }

  @Test("tells the range, the file and what may be done there")
  func good() throws {
    let code = try #require(
      Self.mapping("55d0c0a00000-55d0c0a2b000 r-xp 0001a000 fd:01 1234        /usr/bin/a b"))
    #expect(code.range == 0x55d0_c0a0_0000..<0x55d0_c0a2_b000)
    #expect(code.isExecutable && !code.isShared && code.hasFile && !code.isDeleted)
    #expect(code.fileOffset == 0x1a000)
    let shared = try #require(
      Self.mapping("7f0000000000-7f0004000000 rw-s 00000000 00:01 99   /memfd:x (deleted)"))
    #expect(shared.isShared && shared.hasFile && shared.isDeleted && !shared.isExecutable)
    let anonymous = try #require(Self.mapping("00010000-00020000 rw-p 00000000 00:00 0 "))
    #expect(!anonymous.hasFile && !anonymous.isShared && !anonymous.isDeleted)
    let gate = try #require(
      Self.mapping("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0    [vsyscall]"))
    #expect(gate.range.upperBound == 0xffff_ffff_ff60_1000 && !gate.hasFile)
  }

  @Test("may name a file that is called as badly as can be")
  func hostileNames() throws {
    let start = "1000-2000 r--s 00003000 08:01 7   /tmp/"
    for name in [
      "", " (deleted)", "(deleted)", "a (deleted) ", "\\012x", "\u{1b}[31m -  rw-p 0 0 0",
    ] {
      let mapping = try #require(Self.mapping(start + name), "\(name)")
      #expect(mapping.range == 0x1000..<0x2000 && mapping.isShared && mapping.hasFile)
      #expect(mapping.isDeleted == (name == " (deleted)"), "\(name)")
    }
    #expect(Mapping(Array("1000-2000 r--p 0 0 7 /".utf8)[...] + [0xff, 0, 0xc3]) != nil)
  }

  @Test(
    "that is none is none",
    arguments: [
      "", " ", "-", "1000-2000", "1000-2000 r--p 0 08:01", "2000-1000 r--p 0 08:01 0",
      "1000-1000 r--p 0 08:01 0", "1000-2000 r-p 0 08:01 0", "1000-2000 r--p- 0 08:01 0",
      "1000-10000000000000000 r--p 0 08:01 0", "xyz-2000 r--p 0 08:01 0",
      "10002000 r--p 0 08:01 0", "1000-2000 r--p 0 08:01 99999999999999999999999",
      "1000-2000 r--p zz 08:01 0", "1000-2000-3000 r--p 0 08:01 0",
    ])
  func bad(_ line: String) { #expect(Self.mapping(line) == nil) }

  @Test("never traps, cut or damaged anywhere", arguments: 1...4 as ClosedRange<UInt64>)
  func damaged(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let line = Array("7f0000000000-7f0004000000 rw-s ffffffff000 00:01 99 /a (deleted)".utf8)
    for length in 0...line.count { _ = Mapping(line[..<length]) }
    for _ in 0..<2000 {
      var damaged = line
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        damaged[Int.random(in: 0..<damaged.count, using: &random)] =
          Bool.random(using: &random)
          ? UInt8.random(in: 0...255, using: &random) : Array(" -f09".utf8)[Int(random.next() % 5)]
      }
      if let mapping = Mapping(damaged[...]) { #expect(!mapping.range.isEmpty) }
    }
  }
}
