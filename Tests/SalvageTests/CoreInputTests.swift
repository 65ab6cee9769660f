import Glibc
import Salvage
import SalvageArchive
import SystemPackage
import TestSupport
import Testing

/// What a user who imports no swift-system can give: this file uses it only to make the test's own files.
@Suite("an input")
struct CoreInputTests {
  private static let core = CoreBuilder.typical().build().cut(to: 30_000)

  /// What a repair of the file makes of it: the others are to be the same.
  private static func expected(in folder: ScratchFolder) throws -> [UInt8] {
    try Repair(of: folder.write(core, to: "in.core")).write(to: folder.file("expected"))
    return try ReferenceSource.contents(of: folder.file("expected"))
  }

  private static func repaired(_ input: CoreInput, in folder: ScratchFolder) throws -> [UInt8] {
    let repair = try Repair(of: input)
    try repair.write(to: folder.file("out").string)
    defer { unlink(folder.file("out").string) }
    return try ReferenceSource.contents(of: folder.file("out"))
  }

  /// The bytes without the ORIGIN note's words of the way in, which differ as they should.
  private static func memory(_ bytes: [UInt8]) throws -> [LostRange] {
    try RepairRecord(of: .bytes(bytes)).lost
  }

  @Test("may be a name in a String variable, for everything that takes a file")
  func names() throws {
    let folder = try ScratchFolder()
    let input = try folder.write(Self.core, to: "in.core").string
    let output = folder.file("out.core").string
    let archive = folder.file("out.core.lz4").string
    let repair = try Repair(of: input, for: output)
    try repair.write(to: output)
    try repair.archive(to: archive)
    #expect(try Inspection(of: output).isRepaired)
    #expect(try !RepairRecord(of: output).lost.isEmpty)
    #expect(try Verification(of: archive).isSound)
    try Restore(of: archive).write(to: folder.file("restored").string)
    #expect(
      try ReferenceSource.contents(of: folder.file("restored"))
        == ReferenceSource.contents(of: folder.file("out.core")))
    let mapping = try #require(Inspection(of: output).mappings.first { $0.survived >= 16 })
    var read: [UInt8] = []
    try MemoryExcerpt(at: mapping.address, length: 16).read(from: archive) { read += $0 }
    #expect(read.count == 16)
    let other = try folder.write(Self.core, to: "other.core").string
    #expect(try Repair.inPlace(other).report.isWhole == false)
    #expect(try Undo(other).size == UInt64(Self.core.count))
  }

  @Test("may be bytes in memory, packed or not, or an archive", .needs(.tool("zstd")))
  func bytes() throws {
    let folder = try ScratchFolder()
    let expected = try Self.expected(in: folder)
    // Only a file has a time.
    #expect(try Self.memory(Self.repaired(.bytes(Self.core), in: folder)) == Self.memory(expected))
    #expect(try Inspection(of: .bytes(Self.core)).report.sizeFound == UInt64(Self.core.count))
    let zstd = Tool("zstd", ["-q", "-c", folder.file("in.core").string])
    let packed = try zstd.runSuccessfully().output
    #expect(try Self.memory(Self.repaired(.bytes(packed), in: folder)) == Self.memory(expected))
    try Repair(of: folder.file("in.core")).archive(to: folder.file("a.core.lz4"))
    let archive = try ReferenceSource.contents(of: folder.file("a.core.lz4"))
    #expect(try Self.repaired(.bytes(archive), in: folder) == expected)
    #expect(throws: SalvageError.self) { try Repair(of: .bytes(Array("no core".utf8))) }
    #expect(throws: SalvageError.self) { try Repair(of: .bytes([])) }
  }

  @Test("may be an open descriptor of a file, which stays open")
  func fileDescriptor() throws {
    let folder = try ScratchFolder()
    let expected = try Self.expected(in: folder)
    let file = try FileDescriptor.open(folder.file("in.core"), .readOnly)
    try file.closeAfter { () throws in
      #expect(try Self.repaired(.descriptor(file.rawValue), in: folder) == expected)
    }
  }

  @Test("may be the end of a pipe, which is read to its end")
  func pipe() throws {
    let folder = try ScratchFolder()
    let expected = try Self.expected(in: folder)
    let ends = try FileDescriptor.pipe()
    // It all goes into the pipe: nobody has to read meanwhile.
    #expect(try ends.writeEnd.closeAfter { try ends.writeEnd.writeAll(Self.core) } == 30_000)
    try ends.readEnd.closeAfter {
      let output = try Self.repaired(.descriptor(ends.readEnd, name: "a pipe"), in: folder)
      #expect(try Self.memory(output) == Self.memory(expected))
      #expect(try ends.readEnd.read(into: .allocate(byteCount: 1, alignment: 1)) == 0)
    }
  }
}
