import SystemPackage
import TestSupport
import Testing

@testable import ArchiveFormat
@testable import CoreIO
@testable import Salvage
@testable import SalvageArchive

/// A core that was repaired into its archive has its old head in the first block, where only the new one has a second copy.
@Suite("a core restored from a damaged archive of a cut one")
struct RestoredCoreTests {
  @Test("tells of its threads and of what was cut off as it did, whichever blocks are damaged")
  func threads() throws {
    let folder = try ScratchFolder(in: .memory)
    let core = try SampleCores.fixture("bakery.rlimit-libraries.core", into: folder)
    var options = ArchiveOptions()
    options.blockSize = .kib64
    let archive = folder.file("archive")
    try Repair(of: .file(core)).archive(to: archive, options: options)
    let before = try Inspection(of: .file(core))
    let bytes = try ReferenceSource.contents(of: archive)
    let index = try ArchiveIndex(of: MemorySource(bytes))
    for (number, block) in index.blocks.enumerated() where number < 4 || number % 16 == 0 {
      var damaged = bytes
      damaged[Int(block.offset) + block.entry.storedSize / 2] ^= 0x55
      let path = try folder.write(damaged, to: "damaged")
      let output = folder.file("restored")
      var repairing = RepairOptions()
      repairing.force = true
      let restored = try Restore(of: path).write(to: output, options: repairing)
      guard restored.report != nil else { continue }
      let after = try Inspection(of: .file(output))
      #expect(after.threads.map(\.id) == before.threads.map(\.id), "block \(number)")
      #expect(after.threads.map(\.programCounter) == before.threads.map(\.programCounter))
      #expect(after.report.sizeFound == before.report.sizeFound, "block \(number)")
      #expect(after.report.sizeDue == before.report.sizeDue, "block \(number)")
      #expect(after.report.memory.size == before.report.memory.size, "block \(number)")
      // All that either repair found lost is told, and the same as by the notes.
      let told = after.report.memory.lost
      #expect(told >= before.report.memory.lost, "block \(number)")
      let noted = try RepairRecord(of: .file(output)).lost.filter { $0.address > 0 }
      let rebuilt = after.rebuilt.reduce(0) { $0 + $1.length }
      let all = noted.reduce(0) { $0 + $1.length }
      #expect(told <= all && all <= told + rebuilt, "block \(number)")
      #expect(!after.findings.contains { $0.text.contains("program headers are zeros") })
    }
  }
}
