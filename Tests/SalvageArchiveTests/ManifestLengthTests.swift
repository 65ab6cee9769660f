import TestSupport
import Testing

@testable import ArchiveFormat
@testable import CoreIO
@testable import CoreModel
@testable import Salvage
@testable import SalvageArchive

/// A frame's size stands before the manifest's text, and must have no newline among its bytes.
@Suite("A manifest of any length", .timeLimit(.minutes(5)))
struct ManifestLengthTests {
  private static func hasNewline(_ size: Int) -> Bool {
    [0, 8, 16, 24].contains { size >> $0 & 0xff == 0x0a }
  }

  @Test("is padded to the next length without a newline in it, and no further")
  func everyLength() {
    // Around what has a newline in its third and fourth byte too.
    let places = [
      1...70_000, 0x9_fff0...0xb_0010, 0xa0a_0a00...0xa0a_0b10, 0x9ff_fff0...0xa00_0010,
    ]
    for lengths in places {
      var next = Manifest.sizeWithoutNewline(lengths.upperBound)
      for length in lengths.reversed() {
        if !Self.hasNewline(length) { next = length }
        if Manifest.sizeWithoutNewline(length) != next {
          Issue.record("\(length): \(Manifest.sizeWithoutNewline(length)), not \(next)")
          return
        }
      }
      #expect(!Self.hasNewline(Manifest.sizeWithoutNewline(lengths.upperBound)))
    }
  }

  @Test("is a frame that is sound, with the text in lines of its own")
  func everyFrame() throws {
    for length in 1...3000 {
      let content = [0x20] + [UInt8](repeating: 0x61, count: length)
      let frame = SkippableFrame.bytes(.manifest, Manifest.padded(content))
      #expect(!frame[..<8].contains(0x0a), "\(length)")
      #expect(try SkippableFrame(at: 0, in: MemorySource(frame)) != nil, "\(length)")
    }
  }

  @Test("is written, verified and read by lz4")
  func archives() throws {
    let folder = try ScratchFolder(in: .memory)
    let core = CoreBuilder.typical().build().bytes
    let repair = try Repair(of: MemorySource(core), options: RepairOptions())
    let path = folder.file("x.core.lz4")
    var options = ArchiveOptions()
    options.blockSize = .kib64
    options.force = true
    var sizes: Set<Int> = []
    for length in 0..<520 {
      options.labels = [.init(key: "k", value: String(repeating: "x", count: length))]
      try repair.archive(to: path, options: options)
      let archive = MemorySource(try ReferenceSource.contents(of: path))
      let first = try #require(try SkippableFrame(at: 0, in: archive))
      #expect(!archive.bytes[4..<8].contains(0x0a), "a label of \(length) letters")
      #expect(ArchiveGeometry(manifest: first)?.size == UInt64(core.count))
      sizes.insert(first.bytes.count % 256)
      guard length % 64 == 13 else { continue }
      #expect(try Verification(of: archive).isSound)
      try Need.tool("lz4").require()
      let output = folder.file("out")
      try Tool("lz4", ["-d", "-q", "-f", path.string, output.string]).runSuccessfully()
      #expect(try ReferenceSource.contents(of: output) == core)
    }
    // All remainders but those that are avoided: the lengths were all met.
    #expect(sizes.count >= 250)
  }

  @Test("has no more of a hostile core's names than a kernel's are long")
  func longNames() throws {
    let structure = try Probe.structure(of: MemorySource(CoreBuilder.typical().build().bytes))
    let memory = CoreMemory(structure, DamageMap(sizeFound: 0, sizeDue: 0), MemorySource([]))
    let module = MappedImage([UInt8](repeating: 0x01, count: 1_000_000), at: 0, memory)
    #expect(module.json.line.utf8.count < 6 * 4096 + 100)
  }

  @Test("that nobody would read again is refused, and nothing is left")
  func tooLong() throws {
    let folder = try ScratchFolder(in: .memory)
    let repair = try Repair(
      of: MemorySource(CoreBuilder.typical().build().bytes), options: RepairOptions())
    var options = ArchiveOptions()
    options.labels = [.init(key: "k", value: String(repeating: "x", count: 33 << 20))]
    #expect(throws: SalvageError.self) {
      try repair.archive(to: folder.file("x"), options: options)
    }
    #expect(try folder.names() == [])
  }
}
