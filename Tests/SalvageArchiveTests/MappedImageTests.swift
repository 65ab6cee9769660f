import FuzzWays
import SystemPackage
import TestSupport
import Testing

@testable import ArchiveFormat
@testable import CoreIO
@testable import CoreModel
@testable import Salvage
@testable import SalvageArchive

/// One list of what was mapped, for inspection and for the manifest of an archive.
@Suite("The modules of a core")
struct MappedImageTests {
  /// Path, address and build-id of each module in the manifest of an archive of a whole core.
  private static func manifestModules(_ core: some ByteSource) throws -> [[String]] {
    let geometry = try #require(
      ArchiveGeometry(
        size: core.size, blockSize: 1 << 20, blocksPerGroup: 1, hasContentChecksum: false,
        id: .unknown))
    let repair = try Repair(of: core, options: RepairOptions())
    let manifest = try Manifest(geometry, repair.core, repair.report, [])
    let text = String(decoding: manifest.text, as: UTF8.self)
    let json = try ParsedJSON(text.split(separator: "\n").dropFirst().joined(separator: "\n"))
    return try #require(json["modules"]?.array).map { module in
      [
        try #require(module["path"]?.string), try #require(module["address"]?.string),
        module["buildID"]?.string ?? "",
      ]
    }
  }

  private static func inspectedModules(_ core: some ByteSource) throws -> [[String]] {
    let inspection = try Inspection(of: core, Surroundings())
    return inspection.modules.filter { $0.path != Array("[vdso]".utf8) }.map { module in
      [
        PrintableText(module.path).description, "0x" + hexadecimal(module.base),
        module.buildIDText ?? "",
      ]
    }
  }

  @Test(
    "are the same in the manifest and for inspection, also without NT_FILE",
    arguments: ["bakery.whole", "clock-32.whole", "clock-static.whole", "quilt.many-whole"])
  func areTheSame(in name: String) throws {
    let folder = try ScratchFolder()
    let path = try SampleCores.fixture("\(name).core", into: folder)
    let core = try InputFile(path)
    let listed = try Self.manifestModules(core)
    #expect(listed.count >= 1)
    #expect(listed.contains { $0[2].count == 40 })
    #expect(Set(listed) == Set(try Self.inspectedModules(core)))
  }

  @Test("are none of the files that are data, though their first page was never dumped")
  func dataIsNone() throws {
    var builder = CoreBuilder.typical()
    let data = "/usr/lib/locale/locale-archive"
    builder.notes.append(
      .files(
        [
          ReferenceMapping(range: 0x40_0000..<0x40_1000, fileOffset: 0, path: "/bin/typical.so"),
          ReferenceMapping(range: 0x300_0000..<0x300_2000, fileOffset: 0, path: data),
        ], .elf64Little))
    builder.segments.insert(
      BuilderSegment(undumpedAt: 0x300_0000, flags: BuilderSegment.read, size: 0x2000), at: 4)
    let core = MemorySource(builder.build().bytes)
    #expect(try Self.manifestModules(core).map { $0[0] } == ["/bin/typical.so"])
    #expect(try Self.inspectedModules(core).map { $0[0] } == ["/bin/typical.so"])
  }

  @Test("are each named once by a link map that leads in a ring")
  func ring() throws {
    func words(_ words: [UInt64]) -> [UInt8] {
      words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }
    let list: UInt64 = 0x7f00_0000_0000
    var page = Array(SampleCore.program.prefix(0x300))
    // DT_DEBUG is the fifth pair.
    page.replaceSubrange(0x248..<0x250, with: words([list]))
    var builder = CoreBuilder()
    builder.notes = [
      .thread(7, of: .x86_64),
      .process(7, name: "p", arguments: "p", of: .x86_64),
      .auxiliaryVector([(3, 0x40_0040), (6, 4096), (9, 0x40_1000)], .elf64Little),
    ]
    let rendezvous = words([1, list + 40, 0, 0, 0])
    let program = words([0, list + 120, 0x40_0200, list + 80, 0])
    let library = words([0x7000_0000_0000, list + 128, 0, list + 40, list + 40])
    builder.segments = [
      BuilderSegment(at: 0x40_0000, flags: BuilderSegment.read, page),
      BuilderSegment(
        at: list, rendezvous + program + library + words([0]) + Array("/lib/a.so\0".utf8)),
    ]
    let core = MemorySource(builder.build().bytes)
    #expect(try Self.inspectedModules(core).map { $0[0] } == ["p", "/lib/a.so"])
  }
}
