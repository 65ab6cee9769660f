import CoreIO
import Salvage
import SystemPackage
import TestSupport
import Testing

@Suite("the size that a slim core may have")
struct SlimSizeTests {
  static let cores = [
    "bakery.whole", "bakery.full-disk-memory", "bakery.fsize-mid-stack", "bakery.rlimit-libraries",
    "clock-static.whole", "clock-static.gcore", "clock-32.whole", "quilt.many-memory",
  ]

  private static func slim(_ core: FilePath, _ most: UInt64) throws -> SlimSummary {
    var options = RepairOptions()
    options.extend = .none
    var slim = SlimOptions()
    slim.mostBytes = most
    slim.depth = 3
    options.slim = slim
    return try #require(try Repair(of: core, options: options).report.slim)
  }

  /// The size that is named where one is too small; nil where none is.
  private static func named(_ core: FilePath, _ most: UInt64) -> UInt64? {
    do {
      _ = try slim(core, most)
    } catch {
      let words = "\(error)".split(separator: "--max-size ")
      return words.count == 2 ? UInt64(words[1].prefix { $0.isNumber }) : nil
    }
    return nil
  }

  @Test("is enough where it is the one that is named, and one byte less is not", arguments: cores)
  func least(name: String) throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("\(name).core", into: folder)
    let least = try #require(Self.named(core, 0))
    #expect(try Self.slim(core, least).size <= least)
    for most in [1, least / 2, least - 1] { #expect(Self.named(core, most) == least, "\(most)") }
  }

  @Test("is used up where it has no room for all, and never passed", arguments: cores)
  func room(name: String) throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("\(name).core", into: folder)
    let least = try #require(Self.named(core, 0))
    let all = try Self.slim(core, 1 << 40)
    #expect(!all.isCutShort)
    for step in 1..<8 as Range<UInt64> {
      let most = least + (all.size - least) * step / 8 + step
      let summary = try Self.slim(core, most)
      #expect(summary.size <= most, "\(most)")
      // A range more would cost as much before its first byte.
      #expect(!summary.isCutShort || most - summary.size <= 128, "\(most): \(summary.size)")
    }
    #expect(try !Self.slim(core, all.size + 256).isCutShort)
  }
}
