import CoreIO
import Salvage
import SalvageText
import SystemPackage
import TestSupport
import Testing

/// The core in a bundle, read where a core is.
@Suite("a bundle that is read again")
struct BundleStreamTests {
  /// A tar archive with a core, as plain tar makes it, and as we do.
  private static func bundle(_ core: [UInt8], in folder: ScratchFolder) throws -> FilePath {
    let input = try folder.write(core, to: "in.core")
    let output = folder.file("out.tar")
    try CoreBundle(Repair(of: .file(input))).write(to: OutputPlace(output))
    return output
  }

  @Test("gives the core, byte for byte")
  func isTheCore() throws {
    let folder = try ScratchFolder()
    let core = CoreBuilder.typical().build().bytes
    let output = try Self.bundle(core, in: folder)
    let found = try Repair(of: .file(output))
    #expect(found.report.isWhole)
    #expect(found.report.wayIn.packing == .tar && found.report.wayIn.ending == .whole)
    #expect(try found.source.bytes(at: 0, count: core.count + 1) == core)
    // One that somebody else packed has it, too.
    try folder.write(core, to: "core")
    for format in ["gnu", "ustar", "pax"] {
      let other = folder.file("\(format).tar")
      try Tool(
        "tar",
        [
          "-C", folder.path.string, "--format", format, "-cf", other.string, "--transform",
          "s,^,x/,", "core",
        ]
      ).runSuccessfully()
      #expect(try Repair(of: .file(other)).source.bytes(at: 0, count: core.count + 1) == core)
    }
  }

  @Test("gives what came of it, wherever it is cut")
  func isCut() throws {
    let folder = try ScratchFolder()
    let core = CoreBuilder.typical(threads: 1).build().bytes
    let bytes = try ReferenceSource.contents(of: Self.bundle(core, in: folder))
    let start = try #require(bytes.ranges(of: Array(core.prefix(600))).first?.lowerBound)
    for size in stride(from: 512, to: start + core.count, by: 97) {
      let stream = TarStream(
        DescriptorStream(
          try InputFile(folder.write(Array(bytes[..<size]), to: "cut"))))
      var found = [UInt8](repeating: 1, count: core.count)
      let count = found.withUnsafeMutableBytes { stream.read(into: $0) }
      #expect(count == max(0, size - start), "cut to \(size)")
      #expect(found[..<count] == core[..<count], "cut to \(size)")
      // Before its core, nothing tells it from any tar archive.
      #expect(size > start ? stream.ending == .cut : stream.ending != .whole, "cut to \(size)")
    }
  }

  @Test(
    "takes damaged records for what they are, and never traps", arguments: 0..<4 as Range<UInt64>)
  func mutations(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let folder = try ScratchFolder()
    let core = CoreBuilder.typical(threads: 1).build().bytes
    let bytes = try ReferenceSource.contents(of: Self.bundle(core, in: folder))
    let start = try #require(bytes.ranges(of: Array(core.prefix(600))).first?.lowerBound)
    for round in 0..<300 {
      var broken = bytes
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        broken[Int.random(in: 0..<start, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      let clock = ContinuousClock.now
      let input = try folder.write(broken, to: "broken.tar")
      do throws(SalvageError) {
        #expect(!(try Repair(of: .file(input))).report.description.isEmpty)
      } catch {
        #expect(!error.description.isEmpty)
      }
      #expect(ContinuousClock.now - clock < .seconds(10), "seed \(seed), round \(round)")
    }
  }

  @Test("is told from a tar archive of other things")
  func isNone() throws {
    let folder = try ScratchFolder()
    try folder.write([1, 2, 3], to: "other")
    let output = folder.file("other.tar")
    try Tool("tar", ["-C", folder.path.string, "-cf", output.string, "other"]).runSuccessfully()
    let error = #expect(throws: SalvageError.self) { try Repair(of: .file(output)) }
    #expect(error?.description.contains("no bundle") ?? false, "\(String(describing: error))")
  }
}
