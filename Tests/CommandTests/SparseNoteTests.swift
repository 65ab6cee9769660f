import Glibc
import SystemPackage
import TestSupport
import Testing

/// A note of ours that claims far more than the file has on its disk.
@Suite("a LOST note in a hole")
struct SparseNoteTests {
  /// A core whose LOST note of 256 MB is a hole, but for its head and two entries.
  private static func core(in folder: ScratchFolder, first: UInt64, last: UInt64) throws -> FilePath
  {
    let size = 250_000_000
    var builder = CoreBuilder.typical()
    builder.notes.append(BuilderNote("CORESALVAGE", 0x5341_4C01, []))
    let built = builder.build()
    // The note's segment is made longer than the file; what follows is the hole.
    var bytes = built.bytes
    let note = try #require(built.noteRanges.last)
    let table = 64
    let offset = (bytes.count + 4095) / 4096 * 4096
    func put(_ value: UInt64, _ size: Int, at place: Int) {
      for index in 0..<size {
        bytes[place + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
      }
    }
    let start = UInt64(built.noteRanges[0].lowerBound)
    // Entry 0 is the PT_NOTE: the notes move to the end of the file, so that the last one may grow.
    let notes = Array(bytes[Int(start)..<note.upperBound])
    put(UInt64(offset), 8, at: table + 8)
    put(UInt64(notes.count + 32 + size), 8, at: table + 32)
    bytes += [UInt8](repeating: 0, count: offset - bytes.count)
    bytes += notes
    put(UInt64(32 + size), 4, at: bytes.count - 20)
    let count = UInt64(size / 40)
    for (value, size) in [(1, 4), (40, 4), (count, 8), (4096, 8), (1 << 30, 8)] as [(UInt64, Int)] {
      for index in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
    }
    let list = bytes.count
    let path = try folder.write(bytes, to: "core")
    let file = try FileDescriptor.open(path, .readWrite)
    defer { try? file.close() }
    try file.resize(to: Int64(list + size))
    for (index, address) in [(first, UInt64(0x1000)), (last, UInt64(0x9000))] {
      var entry: [UInt8] = []
      for value in [address, 0x1000, address] {
        for byte in 0..<8 { entry.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
      }
      entry += [1, 0, 0, 0, 6, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]
      _ = try file.writeAll(toAbsoluteOffset: Int64(list) + Int64(index) * 40, entry)
    }
    return path
  }

  @Test("is read without its memory, and what it lacks is said")
  func command() throws {
    let folder = try ScratchFolder()
    let core = try Self.core(in: folder, first: 3, last: 6_000_000)
    for command in ["note", "inspect"] {
      var tool = Tool.coresalvage(command, core.string)
      tool.limits = ["as": "\(350 << 20)"]
      let result = try tool.run()
      #expect([.exit(0), .exit(1)].contains(result.ending), "\(command): \(result)")
      guard command == "note" else { continue }
      #expect(result.text.contains("its notes are damaged"), "\(result)")
      #expect(result.text.contains("lost      2 ranges, 8.1 kB"), "\(result)")
      #expect(result.text.contains("0x9000-0xa000"), "\(result)")
    }
    let json = try Tool.coresalvage("note", "--json", core.string).runSuccessfully()
    #expect(json.text.contains("\"damaged\":true"))
  }

  @Test("is read so by the debuggers' script too", .needs(.tool("python3")))
  func script() throws {
    let folder = try ScratchFolder()
    let core = try Self.core(in: folder, first: 3, last: 6_000_000)
    let share = Tool.packageRoot.appending("share").string
    let script = """
      import sys; sys.path.insert(0, "\(share)")
      import coresalvage_notes
      record = coresalvage_notes.Record(sys.argv[1])
      print(len(record.ranges), record.is_damaged, hex(record.ranges[-1].start), record.size_due)
      """
    var tool = Tool("python3", ["-c", script, core.string])
    tool.limits = ["as": "\(96 << 20)"]
    let result = try tool.runSuccessfully()
    #expect(result.text == "2 True 0x9000 1073741824\n", "\(result)")
  }
}
