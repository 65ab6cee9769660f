import SystemPackage
import Testing

@testable import CoreIO
@testable import SalvageArchive
@testable import SalvageBatch

/// The parts of a batch that touch no file.
@Suite("names and shares of a batch")
struct BatchNamingTests {
  private func name(
    _ input: String, packed: Bool, archive: Bool = false, beside: Set<String> = []
  ) throws -> String {
    let component = try #require(FilePath.Component(input))
    return OutputName.name(for: component, isPacked: packed, archive: archive) {
      beside.contains($0.string)
    }.string
  }

  @Test("an output is named like its input, without what it was packed in")
  func outputNames() throws {
    #expect(try name("x.core", packed: false) == "x.core")
    #expect(try name("x.zst", packed: false) == "x.zst")
    #expect(try name("x.core.zst", packed: true) == "x.core")
    #expect(try name("x", packed: true) == "x")
    #expect(try name(".zst", packed: true) == ".zst")
    #expect(try name("x", packed: false, archive: true) == "x.core.lz4")
    #expect(try name("x.core", packed: false, archive: true) == "x.core.lz4")
    #expect(try name("core", packed: false, archive: true) == "core.lz4")
    #expect(try name("x.core.zst", packed: true, archive: true) == "x.core.lz4")
  }

  @Test("no two files of a folder get the same output, whichever of them are there")
  func noCollisions() throws {
    let all = [
      "x", "x.core", "x.core.core", "x.zst", "x.lz4", "x.core.zst", "x.core.lz4", "x.zst.core",
    ]
    for archive in [false, true] {
      for mask in 1..<(1 << all.count) {
        let there = all.indices.filter { mask >> $0 & 1 == 1 }.map { all[$0] }
        let names = try there.map {
          try name(
            $0, packed: $0.hasSuffix(".zst") || $0.hasSuffix(".lz4"), archive: archive,
            beside: Set(there))
        }
        #expect(Set(names).count == names.count, "\(there) \(names)")
      }
    }
  }

  @Test("every path is in exactly one share, whatever its bytes")
  func shares() throws {
    var counts = [0, 0, 0]
    for number in 0..<3000 {
      let path = FilePath("a/\u{1b}\(number)")
      let homes = (0..<3).filter { BatchShard(index: UInt64($0), count: 3)?.contains(path) == true }
      #expect(homes.count == 1)
      counts[homes[0]] += 1
    }
    #expect(counts.allSatisfy { $0 > 800 }, "\(counts)")
  }

  @Test("a share is read from K/N, and from what Slurm and Kubernetes set")
  func shardSources() {
    #expect(BatchShard("1/4") == BatchShard(index: 0, count: 4))
    #expect(BatchShard("4/4") == BatchShard(index: 3, count: 4))
    for wrong in ["0/4", "5/4", "1", "1/", "/", "-1/2", "1/0", "1/2/3", ""] {
      #expect(BatchShard(wrong) == nil, "\(wrong)")
    }
    func auto(_ values: [String: String]) -> BatchShard? { BatchShard { values[$0] } }
    #expect(
      auto(["JOB_COMPLETION_INDEX": "2", "JOB_COMPLETION_COUNT": "5"])
        == BatchShard(index: 2, count: 5))
    #expect(auto(["JOB_COMPLETION_INDEX": "5", "JOB_COMPLETION_COUNT": "5"]) == nil)
    func slurm(_ id: Int, _ count: Int, _ min: Int, _ max: Int, _ step: Int) -> BatchShard? {
      auto([
        "SLURM_ARRAY_TASK_ID": "\(id)", "SLURM_ARRAY_TASK_COUNT": "\(count)",
        "SLURM_ARRAY_TASK_MIN": "\(min)", "SLURM_ARRAY_TASK_MAX": "\(max)",
        "SLURM_ARRAY_TASK_STEP": "\(step)",
      ])
    }
    #expect(slurm(1, 8, 1, 8, 1) == BatchShard(index: 0, count: 8))
    #expect(slurm(14, 8, 0, 14, 2) == BatchShard(index: 7, count: 8))
    // --array=1,5,9 is no range.
    #expect(slurm(1, 3, 1, 9, 1) == nil)
    #expect(auto([:]) == nil)
  }

  @Test("temporary names are told from all others, and are never too long")
  func temporaryNames() throws {
    for text in ["a", ".a", "a.coresalvage-b", String(repeating: "ü", count: 127)] {
      let name = try #require(FilePath.Component(text))
      let temporary = TemporaryName.random(for: name)
      #expect(temporary.bytes.count <= 255)
      let parts = try #require(TemporaryName.parts(of: temporary))
      #expect(name.bytes.starts(with: parts.stem))
      #expect(parts.ending.count == 8)
      #expect(TemporaryName.fixed("claim", for: name).bytes.count <= 255)
    }
    for text in ["a", ".a", "coresalvage-a", "x.coresalvage-1"] {
      #expect(TemporaryName.parts(of: try #require(FilePath.Component(text))) == nil)
    }
  }

  @Test("a claim's text tells its owner, and cut at any place tells none")
  func marks() {
    let text = Array(ProcessMark.own.text.utf8)
    #expect(ProcessMark(text: text) == ProcessMark.own)
    #expect(ProcessMark.own.life == .living)
    for length in 0..<text.count { #expect(ProcessMark(text: Array(text[..<length])) == nil) }
    var other = ProcessMark.own
    other.start += 1
    #expect(other.life == .gone)
    other.process = 0x7fff_fff0
    #expect(other.life == .gone)
    other.boot = "other"
    #expect(other.life == .unknown)
  }
}
