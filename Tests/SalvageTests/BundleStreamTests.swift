import CoreIO
import Glibc
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

  @Test("that is cut or damaged behind its core says so, and has all of the core")
  func isCutBehind() throws {
    let folder = try ScratchFolder()
    let core = CoreBuilder.typical(threads: 1).build().bytes
    let bytes = try ReferenceSource.contents(of: Self.bundle(core, in: folder))
    let start = try #require(bytes.ranges(of: Array(core.prefix(600))).first?.lowerBound)
    // The folder of the files, and two records that mark the end.
    let folderStart = start + (core.count + 511) / 512 * 512
    let end = folderStart + 3 * 512
    #expect(bytes.count >= end && bytes[end...].allSatisfy { $0 == 0 })
    func ending(_ bytes: [UInt8]) throws -> StreamEnding {
      let intake = try Intake.open(
        .file(folder.write(bytes, to: "cut")), options: IntakeOptions()
      ) { _ throws(SalvageError) in try UnnamedFile(in: folder.path) }
      #expect(intake.source.size == UInt64(core.count) && intake.wayIn.ending == .whole)
      #expect(intake.losses.isEmpty)
      return intake.wayIn.rest.ending
    }
    for size in (start + core.count)...end {
      #expect(try ending(Array(bytes[..<size])) == (size < end ? .cut : .whole), "cut to \(size)")
    }
    #expect(try ending(bytes) == .whole)
    for offset in stride(from: folderStart, to: folderStart + 256, by: 7) {
      var broken = bytes
      broken[offset] ^= 0x15
      guard case .damaged = try ending(broken) else {
        Issue.record("byte \(offset)")
        continue
      }
    }
  }

  @Test("that somebody packed anew, in another order or with something behind its end, is whole")
  func isPackedAnew() throws {
    let folder = try ScratchFolder()
    let core = CoreBuilder.typical(threads: 1).build().bytes
    let bundle = try Self.bundle(core, in: folder)
    _ = try folder.makeFolder("new")
    try Tool("tar", ["-C", folder.file("new").string, "-xf", bundle.string]).runSuccessfully()
    let orders = [
      ["README", "core", "run-gdb", "run-lldb", "root"], ["root", "run-gdb", "README", "core"],
      ["core"],
    ]
    for order in orders {
      let path = folder.file("anew.tar")
      let members = ["out"] + order.map { "out/\($0)" }
      try Tool(
        "tar",
        ["-C", folder.file("new").string, "--no-recursion", "-cf", path.string] + members
      ).runSuccessfully()
      let bytes = try ReferenceSource.contents(of: path)
      for more in [[], Array("another archive".utf8)] {
        let intake = try Intake.open(
          .file(folder.write(bytes + more, to: "anew")), options: IntakeOptions()
        ) { _ throws(SalvageError) in try UnnamedFile(in: folder.path) }
        #expect(intake.wayIn.rest.ending == .whole, "\(order) \(more)")
      }
    }
  }

  /// The header of a member that is a file of that size.
  private static func member(_ name: String, size: UInt64) -> [UInt8] {
    var header = Array(name.utf8) + [UInt8](repeating: 0, count: 512 - name.utf8.count)
    func put(_ bytes: [UInt8], at offset: Int) {
      header.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
    for (offset, text) in [
      (100, "0000644"), (108, "0000000"), (116, "0000000"), (136, "00000000001"),
    ] {
      put(Array(text.utf8), at: offset)
    }
    put(
      [0x80, 0, 0, 0] + (0..<8).map { UInt8(truncatingIfNeeded: size >> (56 - 8 * $0)) }, at: 124)
    put(Array("0ustar".utf8), at: 156)
    put(Array("00".utf8), at: 263)
    put(Array("        ".utf8), at: 148)
    let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
    put(Array((String(repeating: "0", count: 6 - sum.utf8.count) + sum).utf8) + [0, 0x20], at: 148)
    return header
  }

  @Test(
    "with terabytes beside its core is not read through, and has the core, and whether they are all there",
    .timeLimit(.minutes(1)))
  func isGoneOver() throws {
    let folder = try ScratchFolder()
    let core = CoreBuilder.typical(threads: 1).build().bytes
    let bytes = try ReferenceSource.contents(of: Self.bundle(core, in: folder))
    let start = try #require(bytes.ranges(of: Array(core.prefix(600))).first?.lowerBound)
    // With the folder that ours has there.
    let end = start + (core.count + 511) / 512 * 512 + 512
    let size = 1 << 42
    let head = Array(bytes[..<end]) + Self.member("x/large", size: UInt64(size))
    for (length, expected) in [
      (head.count + size + 1024, StreamEnding.whole), (head.count + size + 1023, .cut),
      (head.count + size, .cut), (head.count + size - 1, .cut), (head.count + size / 2, .cut),
    ] {
      let path = try folder.write(head, to: "large.tar")
      #expect(truncate(path.string, length) == 0)
      let intake = try Intake.open(.file(path), options: IntakeOptions()) {
        _ throws(SalvageError) in try UnnamedFile(in: folder.path)
      }
      #expect(intake.source.size == UInt64(core.count) && intake.wayIn.ending == .whole)
      #expect(intake.wayIn.rest.ending == expected, "\(length)")
    }
  }

  @Test("tells when the core was written by its own entry, and says so")
  func entryTime() throws {
    let folder = try ScratchFolder()
    let output = try Self.bundle(CoreBuilder.typical().build().bytes, in: folder)
    try Tool("touch", ["-d", "2031-01-01", output.string]).runSuccessfully()
    let died = try #require(try Repair(of: .file(output)).report.died)
    #expect(died.source == .bundle && died.description.hasSuffix(", by the bundle's entry"))
    #expect(died.noteJSON["by"]?.string == "bundle")
    #expect(DeathTime(json: died.noteJSON) == died)
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
