import FuzzWays
import SystemPackage
import TestSupport
import Testing

/// Every input that fuzzing begins with, or has found worth keeping, goes its way here too: Scripts/fuzz.sh goes on from it.
@Suite("the kept corpus", .serialized)
struct FuzzCorpusTests {
  private static let folder = Tool.packageRoot.appending("Tests/Fuzz/corpus")

  /// `CORESALVAGE_RENEW_CORPUS=1` writes the seeds anew.
  @Test(
    "begins with seeds that can be made again",
    .needs(.request("CORESALVAGE_RENEW_CORPUS")))
  func renew() throws {
    for seed in try FuzzSeeds.all() {
      let file = try FileDescriptor.open(
        Self.folder.appending("seed-\(seed.name)"), .writeOnly, options: [.create, .truncate],
        permissions: .ownerReadWrite)
      try file.closeAfter { _ = try file.writeAll(seed.bytes) }
    }
  }

  @Test("has seeds for every way, and every way takes them without a trap")
  func seeds() throws {
    let seeds = try FuzzSeeds.all()
    #expect(Set(seeds.map { Int($0.bytes[0]) }) == Set(Way.allCases.indices))
    for seed in seeds { Way.take(seed.bytes) }
  }

  @Test("is taken by every way without a trap, and is small")
  func corpus() throws {
    let names = try FileTree.names(in: Self.folder)
    #expect(names.count >= Way.allCases.count)
    var size = 0
    for name in names {
      let bytes = try ReferenceSource.contents(of: Self.folder.appending(name))
      size += bytes.count
      Way.take(bytes)
    }
    #expect(size <= 300_000)
  }
}
