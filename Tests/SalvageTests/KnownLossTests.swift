import CoreIO
import CoreModel
import ELFCore
import Salvage
import SystemPackage
import TestSupport
import Testing

/// Ranges that are lost inside a core: named by the user or a map file.
@Suite("a known loss")
struct KnownLossTests {
  private func repaired(
    _ bytes: [UInt8], lost: [Range<UInt64>], in folder: ScratchFolder
  ) throws -> ReferenceCore {
    let path = try folder.write(bytes, to: "in")
    var options = RepairOptions()
    options.force = true
    options.intake.lostRanges = lost
    let output = folder.file("out")
    try Repair(of: path, options: options).write(to: output)
    let core = try ReferenceCore(contentsOf: output)
    #expect(try core.contradictions() == [])
    return core
  }

  @Test("inside any note costs that note alone", arguments: BuilderMachine.all)
  func inNotes(machine: BuilderMachine) throws {
    let folder = try ScratchFolder(in: .memory)
    let builder = CoreBuilder.typical(machine, threads: 6)
    let core = builder.build()
    for (index, range) in core.noteRanges.enumerated() {
      for part in [
        range.lowerBound..<range.lowerBound + 4, range.lowerBound + 14..<range.upperBound - 8,
      ] {
        let lost = UInt64(part.lowerBound)..<UInt64(part.upperBound)
        let result = try repaired(core.bytes, lost: [lost], in: folder)
        let left = result.notes.filter { $0.owner != "CORESALVAGE" }.map(\.descriptor)
        var expected = builder.notes.map(\.descriptor)
        expected.remove(at: index)
        #expect(left == expected, "\(machine): note \(index), bytes \(part)")
        #expect(try result.lost()?.entries.count == 1)
      }
    }
  }

  @Test("inside the program header table costs the entries that it touches")
  func inTable() throws {
    let folder = try ScratchFolder(in: .memory)
    let builder = CoreBuilder.typical()
    let core = builder.build()
    for index in builder.segments.indices {
      let entry = core.tableRange.lowerBound + 56 * (index + 1)
      let result = try repaired(
        core.bytes, lost: [UInt64(entry + 50)..<UInt64(entry + 51)], in: folder)
      let expected = builder.segments.enumerated().filter { $0.offset != index }.map(
        \.element.address)
      #expect(result.loads.map(\.address) == expected)
      #expect(result.threadIDs.count == 3)
    }
  }

  @Test("inside memory is dropped there and nowhere else")
  func inMemory() throws {
    let folder = try ScratchFolder(in: .memory)
    let builder = CoreBuilder.typical()
    let core = builder.build()
    let before = try ReferenceCore(core.bytes)
    let start = core.segmentRanges[2].lowerBound + 1000
    let result = try repaired(core.bytes, lost: [UInt64(start)..<UInt64(start + 10)], in: folder)
    let address = builder.segments[2].address
    let expected = try before.bytes(at: address, count: 3 * 4096)
    let found = try result.bytes(at: address, count: 3 * 4096)
    for byte in expected.indices {
      let isLost = (1000..<1010).contains(byte)
      #expect(found[byte] == (isLost ? nil : expected[byte]), "byte \(byte)")
    }
  }

  @Test("of a map file of ddrescue is all that isn't finished")
  func mapFile() throws {
    let folder = try ScratchFolder(in: .memory)
    let map = try folder.write(
      Array(
        """
        # Mapfile. Created by GNU ddrescue version 1.27
        # current_pos  current_status  current_pass
        0x00001000     ?               1
        #      pos        size  status
        0x00000000  0x00001000  +
        0x00001000  0x00000200  *
        0x00001200  0x00000200  /
        5120        512         -
        0x00001600  0x00001000  +
        0x00002600  0x00001000  ?
        """.utf8), to: "map")
    var options = IntakeOptions()
    options.mapFile = map
    #expect(
      try options.losses().map(\.range) == [0x1000..<0x1600, 0x2600..<UInt64.max])
  }

  @Test(
    "is also what a map of ddrescue doesn't cover",
    arguments: [
      // It ends before the file does.
      ("0 + 1\n0 0x2000 +\n", [0x2000..<UInt64.max]),
      // A gap, and a beginning that is not told of.
      ("0 + 1\n0x100 0x100 +\n0x300 0x100 +\n", [0..<0x100, 0x200..<0x300, 0x400..<UInt64.max]),
      // Blocks in any order, over each other: what one of them calls unfinished is.
      (
        "0 + 1\n0x300 0x100 +\n0 0x300 +\n0x80 0x10 -\n0x200 0x180 +\n",
        [0x80..<0x90, 0x400..<UInt64.max]
      ),
      // No block at all.
      ("0 + 1\n", [0..<UInt64.max]),
      // Blocks up to the last offset that can be named, and past it.
      ("0 + 1\n0 0xffffffffffffffff +\n", []),
      ("0 + 1\n0x10 0xffffffffffffffff +\n", [0..<0x10]),
    ] as [(String, [Range<UInt64>])])
  func uncovered(map: String, lost: [Range<UInt64>]) throws {
    let folder = try ScratchFolder(in: .memory)
    var options = IntakeOptions()
    options.mapFile = try folder.write(Array(map.utf8), to: "map")
    #expect(try options.losses().map(\.range) == lost)
  }

  @Test("past the end of a map of ddrescue makes a core of full length a damaged one")
  func mapOfAPart() throws {
    let folder = try ScratchFolder(in: .memory)
    let core = CoreBuilder.typical().build()
    let input = try folder.write(core.bytes, to: "in.core")
    var options = RepairOptions()
    func report(_ finished: Int) throws -> RepairReport {
      let map = "0x0 +\n0x0 \(finished) +\n"
      options.intake.mapFile = try folder.write(Array(map.utf8), to: "map\(finished)")
      return try Repair(of: input, options: options).report
    }
    let end = core.bytes.count - 4096
    #expect(try report(end).isWhole == false)
    #expect(try report(end).lost.reduce(0) { $0 + $1.range.length } == 4096)
    #expect(try report(core.bytes.count).isWhole)
  }

  @Test(
    "of a file that is no map file is refused with its line",
    arguments: [
      "", "# only\n", "0x0 +\n0x0 0x10 +\n0x10 x -\n", "0 ? 1\n0 5\n", "0 ? 1\n0 5 !\n",
      "\u{7f}ELF",
    ])
  func noMapFile(text: String) throws {
    let folder = try ScratchFolder(in: .memory)
    var options = IntakeOptions()
    options.mapFile = try folder.write(Array(text.utf8), to: "map")
    let error = #expect(throws: SalvageError.self) { try options.losses() }
    #expect(error?.description.contains("no map file of ddrescue: line ") ?? false)
  }

  @Test("of the notes of a repaired core that was cut again is made good by the old ones")
  func cutAgain() throws {
    let folder = try ScratchFolder(in: .memory)
    let builder = CoreBuilder.typical(threads: 4)
    let core = builder.build()
    let once = try repaired(core.cut(to: core.bytes.count - 4096), lost: [], in: folder)
    let bytes = try once.source.read(at: 0, count: core.segmentRanges[4].lowerBound)
    let twice = try repaired(bytes, lost: [], in: folder)
    #expect(twice.threadIDs == [4242, 4243, 4244, 4245])
  }
}
