import Glibc
import SystemPackage
import Testing
import TestSupport

@testable import CoreIO
@testable import CoreModel
@testable import ELFCore
@testable import Salvage

@Suite("Inspect: why a core was cut")
struct InspectCauseTests {
  static let fixtures: [(name: String, cause: CutCause.ID?)] = [
    ("bakery.whole", nil), ("bakery.fsize-table", .rlimitFileSize),
    ("bakery.rlimit-notes", .rlimitCore), ("bakery.rlimit-last-note", .rlimitCore),
    ("bakery.rlimit-libraries", .rlimitCore), ("bakery.fsize-mid-stack", .rlimitFileSize),
    ("bakery.copy-memory", .copy), ("bakery.sorted-memory", .rlimitCore),
    ("bakery.full-disk-notes", .noSpace), ("bakery.full-disk-memory", .noSpace),
    ("bakery.killed-memory", .killed), ("bakery.killed-pipe", .killed),
    ("bakery.handler-memory", .handler), ("ferry.ring-pipe", .pipeInterrupted),
    ("clock-static.whole", nil),
    ("clock-static.rlimit-notes", .rlimitCore), ("clock-32.whole", nil),
    ("clock-32.rlimit-notes", .rlimitCore), ("clock-static.rlimit-main-stack", .rlimitCore),
    ("clock-32.fsize-libraries", .rlimitFileSize), ("clock-static.gcore", nil),
    ("clock-static.gcore-notes", .copy), ("quilt.rlimit-table", .rlimitCore),
    ("quilt.many-memory", .rlimitCore), ("clock-static.rlimit-after-notes", .rlimitCore),
    ("quilt.many-whole", nil),
  ]

  @Test(
    "a cut fixture's cause is among the candidates, and none is certain; a whole one has none",
    arguments: fixtures)
  func namesTheCauseOfAFixture(_ sample: (name: String, cause: CutCause.ID?)) throws {
    let folder = try ScratchFolder()
    let path = try SampleCores.fixture("\(sample.name).core", into: folder)
    let inspection = try Inspection(of: path)
    #expect(inspection.isWhole == (sample.cause == nil))
    guard let cause = sample.cause else {
      #expect(inspection.causes.isEmpty)
      return
    }
    #expect(inspection.causes.map(\.id).contains(cause))
    #expect(!inspection.causes.contains { $0.confidence == .certain })
    #expect(inspection.causes.allSatisfy { !$0.evidence.isEmpty })
  }

  @Test("every fixture has its cause in the list above")
  func listsAllFixtures() {
    #expect(Set(Self.fixtures.map { "\($0.name).core" }) == Set(SampleCores.fixtureNames))
  }

  @Test(
    "a cut at an odd byte of a file with holes fits a file size limit alone",
    arguments: ["bakery.fsize-mid-stack", "clock-32.fsize-libraries"])
  func oneCandidate(_ name: String) throws {
    let folder = try ScratchFolder()
    let path = try SampleCores.fixture("\(name).core", into: folder)
    #expect(try Inspection(of: path).causes.map(\.id) == [.rlimitFileSize])
  }

  @Test(
    "the parent's status proves a kill, and rules it out",
    arguments: [
      (9, true), (137, true), (-9, true), (139, false), (11, false),
    ])
  func heedsTheExitStatus(_ status: Int32, _ isKilled: Bool) throws {
    let folder = try ScratchFolder()
    let path = try SampleCores.fixture("bakery.killed-memory.core", into: folder)
    var options = Inspection.Options()
    options.exitStatus = status
    let causes = try Inspection(of: path, options: options).causes
    #expect(causes.contains { $0.id == .killed } == isKilled)
    if isKilled {
      #expect(causes.count == 1)
      #expect(causes.first?.confidence == .certain)
    }
  }

  @Test("a cut of a core without holes is never a kernel's file")
  func denseIsNoFile() throws {
    let folder = try ScratchFolder()
    let path = try SampleCores.fixture("bakery.killed-pipe.core", into: folder)
    let ids = Set(try Inspection(of: path).causes.map(\.id))
    #expect(ids.isDisjoint(with: [.rlimitCore, .rlimitFileSize, .noSpace]))
  }

  @Test(
    "a cut in the padding behind the notes is no page's end, and the kernel's own file never ends there",
    arguments: [0, 1, 720, 1616, 3791, 3792])
  func padding(length: Int) throws {
    let folder = try ScratchFolder()
    let path = try SampleCores.fixture("bakery.whole.core", into: folder)
    // Its notes end at 0x6130, its memory begins at 0x7000.
    #expect(truncate(path.string, 0x6130 + length) == 0)
    let causes = try Inspection(of: path).causes
    let words = causes.flatMap(\.evidence).joined(separator: "\n")
    #expect(!words.contains("end of a page"), "\(words)")
    let ids = Set(causes.map(\.id))
    #expect(ids.contains(.handler))
    #expect(ids.contains(.rlimitCore) == (length == 0))
    #expect(ids.isDisjoint(with: [.rlimitFileSize, .noSpace]) == (length > 0))
    if length == 0 {
      #expect(words.contains("at the end of a unit of the notes"), "\(words)")
    } else {
      #expect(words.contains("the padding "), "\(words)")
    }
  }

  @Test("a core whose end is a hole lost its writes; a dump never ends so")
  func holeAtTheEnd() throws {
    let folder = try ScratchFolder()
    let path = try SampleCores.fixture("bakery.killed-memory.core", into: folder)
    #expect(truncate(path.string, 46_333_952) == 0)
    let causes = try Inspection(of: path).causes
    #expect(causes.first?.id == .writeback)
    #expect(!causes.contains { $0.confidence == .certain })
    #expect(!causes.contains { $0.id == .rlimitCore })
  }

  @Test("zeros where the main stack and the vdso were are damage that no length shows")
  func zeroedMemoryIsDamage() throws {
    let folder = try ScratchFolder()
    let path = try SampleCores.fixture("bakery.whole.core", into: folder)
    let size = 45_064_192
    #expect(truncate(path.string, 44_896_256) == 0)
    #expect(truncate(path.string, Int(size)) == 0)
    let inspection = try Inspection(of: path)
    #expect(!inspection.isWhole)
    #expect(inspection.causes.map(\.id) == [.writeback])
    #expect(inspection.findings.filter(\.isDamage).count >= 2)
    let main = inspection.threads.first { $0.id == 10527 }
    #expect(main?.stack?.verdict == .lost)
  }

  @Test(
    "a limit that lies in the window of written bytes is likely, and one that doesn't is possible")
  func weighsRoundNumbers() throws {
    #expect(Diagnosis.roundNumber(in: 1_045_000..<1_049_096)?.odds == 256)
    #expect(Diagnosis.roundNumber(in: 1_999_000..<2_003_096)?.value == 2_000_000)
    #expect((Diagnosis.roundNumber(in: 929_792..<933_888)?.odds ?? 0) < 128)
    #expect(Diagnosis.roundNumber(in: 0..<4096) == nil)
  }

  @Test(
    "systemd-coredump's own attributes prove its limit where they name the very byte",
    .needs(.tool("python3"), .userAttributes))
  func heedsAttributes() throws {
    let folder = try ScratchFolder()
    let path = try SampleCores.fixture("bakery.handler-memory.core", into: folder)
    func set(_ name: String, _ value: String) -> Bool {
      let code = "import os, sys; os.setxattr(sys.argv[1], sys.argv[2], sys.argv[3].encode())"
      let tool = Tool("python3", ["-c", code, path.string, "user.coredump.\(name)", value])
      return (try? tool.run().status) == 0
    }
    #expect(set("pid", "4711"))
    #expect(set("rlimit", "18446744073709551615"))
    #expect(try Inspection(of: path).causes.first?.id == .systemdLimit)
    #expect(try Inspection(of: path).causes.first?.confidence == .likely)
    #expect(set("rlimit", "3000001"))
    let causes = try Inspection(of: path).causes
    #expect(causes.map(\.id) == [.systemdLimit])
    #expect(causes.first?.confidence == .certain)
  }

  @Test(
    "a packed core that was cut is not said to be likely systemd's: anybody packs",
    .needs(.tool("gzip"), .tool("lz4"), .tool("zstd")), arguments: ["gzip", "lz4", "zstd"])
  func packed(program: String) throws {
    let folder = try ScratchFolder()
    let path = try SampleCores.fixture("bakery.handler-memory.core", into: folder)
    let packed = folder.file("packed")
    var tool = Tool(program, [program == "gzip" ? "-nc" : "-c", path.string])
    tool.output = .file(packed)
    try tool.runSuccessfully()
    let causes = try Inspection(of: packed).causes
    #expect(causes.first { $0.id == .systemdLimit }?.confidence == .possible, "\(causes)")
    // Its name is evidence; gzip's it never gave.
    let named = folder.file(
      "core.bakery.0.0123456789abcdef0123456789abcdef.10527.1700000000000000"
        + (program == "gzip" ? ".gz" : program == "lz4" ? ".lz4" : ".zst"))
    try Tool("cp", [packed.string, named.string]).runSuccessfully()
    let cause = try Inspection(of: named).causes.first { $0.id == .systemdLimit }
    #expect(cause?.confidence == (program == "gzip" ? .possible : .likely))
  }

  /// What a packed core that is cut at a size may have been cut by, where nothing but the size tells.
  private func confidence(
    _ size: UInt64, _ width: ELFFormat.Width, _ packing: Packing
  ) -> CutCause.Confidence? {
    let facts = CutFacts(
      region: .memory, width: width, size: size, isAtUnit: size % 4096 == 0, nextUnit: 4096,
      alignment: min(1 << UInt64(size.trailingZeroBitCount), 1 << 30), holes: .filled, written: nil,
      endsInHole: false, endsInZeros: false, isByProgram: false, writer: .linux, hasRing: false)
    var around = Surroundings()
    around.container = .whole
    around.packing = packing
    return Diagnosis(facts, around).causes.first { $0.id == .systemdLimit }?.confidence
  }

  @Test(
    "a packed core that ends at the very byte of a default of systemd-coredump for its class is likely cut by that",
    arguments: [
      (ELFFormat.Width.bits64, [2, 32]), (.bits32, [1, 2]),
    ])
  func systemdDefaults(_ width: ELFFormat.Width, _ limits: [UInt64]) {
    for packing in [Packing.zstd, .lz4] {
      for gibibytes in [1, 2, 16, 32, 64] as [UInt64] {
        let size = gibibytes << 30
        let isLimit = limits.contains(gibibytes)
        #expect(confidence(size, width, packing) == (isLimit ? .likely : .possible), "\(gibibytes)")
        for other in [size - 1, size + 1, size - 4096, size + 4096] {
          #expect(confidence(other, width, packing) == .possible, "\(other)")
        }
      }
      // Its journal takes no larger one, and cuts none.
      #expect(confidence(767 << 20, width, packing) == .possible)
    }
    for gibibytes in limits { #expect(confidence(gibibytes << 30, width, .gzip) != .likely) }
  }
}
