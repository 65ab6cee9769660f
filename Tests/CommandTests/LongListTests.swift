import Glibc
import SystemPackage
import TestSupport
import Testing

/// A core of which every other page is named as lost: a list, a plan and a table that are longer than all else of it.
@Suite("what the command does of many lost ranges")
struct LongListTests {
  private static let memory: UInt64 = 1 << 20

  private struct Place {
    let folder: ScratchFolder
    let core: FilePath
    let map: FilePath

    init(lost count: Int) throws {
      folder = try ScratchFolder()
      let size = UInt64(count) * 8192
      core = try folder.write([], to: "core")
      let file = try FileDescriptor.open(core, .writeOnly)
      let note = CoreBuilder(.x86_64).noteBytes(.thread(9, of: .x86_64))
      let head =
        HostileHeader.file(count: 2)
        + HostileHeader.segment(type: 4, at: 0, offset: 512, UInt64(note.count))
        + HostileHeader.segment(at: memory, offset: memory, size)
      try file.closeAfter {
        _ = try file.writeAll(toAbsoluteOffset: 0, head)
        _ = try file.writeAll(toAbsoluteOffset: 512, note)
        for index in 0..<UInt64(count) {
          let page = [UInt8](repeating: UInt8(truncatingIfNeeded: index | 1), count: 4096)
          _ = try file.writeAll(toAbsoluteOffset: Int64(memory + index * 8192), page)
        }
        guard ftruncate(file.rawValue, off_t(memory + size)) == 0 else { throw Errno.ioError }
      }
      var text = "0x0 ?\n0x0 \(memory + 4096) +\n"
      for index in 0..<UInt64(count) {
        let start = memory + index * 8192 + 4096
        text += "\(start) 4096 -\n\(start + 4096) 4096 +\n"
      }
      map = try folder.write(Array(text.utf8), to: "map")
    }

    func run(_ arguments: String...) throws -> (result: ToolResult, peakMemory: UInt64) {
      let run = try Tool.coresalvage(["--mapfile", map.string] + arguments).runMeasured()
      #expect(run.result.ending == .exit(0), "\(run.result)")
      return run
    }
  }

  @Test("a dry run lists all of the output and takes little more memory for it, nor does JSON")
  func listing() throws {
    let count = 40_000
    let place = try Place(lost: count)
    let silent = try place.run("-n", "-q", place.core.string)
    let told = try place.run("-n", place.core.string)
    let object = try place.run("-n", "--json", place.core.string)
    // The list alone takes more.
    #expect(told.peakMemory < silent.peakMemory + 2 << 20)
    #expect(object.peakMemory < silent.peakMemory + 2 << 20)

    var end: UInt64 = 0
    let pieces = told.result.text.split(separator: "\n").compactMap { line -> Range<UInt64>? in
      let numbers = line.dropFirst(2).prefix { $0 != " " }.split(separator: "-")
        .compactMap { $0.count == 12 ? UInt64($0, radix: 16) : nil }
      return numbers.count == 2 ? numbers[0]..<numbers[1] : nil
    }
    for piece in pieces {
      #expect(piece.lowerBound == end)
      end = piece.upperBound
    }
    #expect(pieces.count > 2 * count)
    let lost = try #require(try ParsedJSON(object.result.text)["lost"]?.array)
    #expect(lost.count == count)
    var offset = Double(Self.memory + 4096)
    for loss in lost {
      #expect(loss["offset"]?.number == offset)
      offset += 8192
    }
  }

  @Test("a long table is the same in a file, a pipe, an archive and the core itself")
  func table() throws {
    // A table of more than 64 KiB.
    let place = try Place(lost: 1500)
    let (output, archive) = (place.folder.file("out"), place.folder.file("archive"))
    _ = try place.run("-q", "--extend", "due", place.core.string, output.string)
    let bytes = try ReferenceSource.contents(of: output)
    let core = try ReferenceCore(contentsOf: output)
    #expect(core.segments.count > 1500)
    #expect(try place.run("-q", "--extend", "due", place.core.string, "-").result.output == bytes)
    let packed = try Tool.coresalvage(
      ["archive", "-q", "--extend", "due", "--mapfile", place.map.string]
        + [place.core.string, archive.string]
    ).run()
    #expect(packed.ending == .exit(0), "\(packed)")
    #expect(try Tool.coresalvage(["restore", "-q", archive.string, "-"]).run().output == bytes)
    _ = try place.run("-q", "--in-place", place.core.string)
    #expect(try ReferenceSource.contents(of: place.core) == bytes)
  }

  @Test(
    "--verbose says that a large core was read through the page cache where it can't be spared",
    .needs(.path("/dev/shm")))
  func plainReading() throws {
    let folder = try ScratchFolder(in: .memory)
    let core = try folder.write([], to: "core")
    let file = try FileDescriptor.open(core, .writeOnly)
    let size: UInt64 = 256 << 20
    try file.closeAfter {
      let head =
        HostileHeader.file(count: 2)
        + HostileHeader.segment(type: 4, at: 0, offset: 512, 0)
        + HostileHeader.segment(at: Self.memory, offset: Self.memory, size + 4096)
      _ = try file.writeAll(toAbsoluteOffset: 0, head)
      let data = [UInt8](repeating: 7, count: 2 << 20)
      _ = try file.writeAll(toAbsoluteOffset: Int64(Self.memory), data)
      guard ftruncate(file.rawValue, off_t(Self.memory + size)) == 0 else { throw Errno.ioError }
    }
    let output = folder.file("out")
    let told = try Tool.coresalvage(["--verbose", core.string, output.string]).run()
    #expect(told.ending == .exit(0), "\(told)")
    #expect(told.text.contains("\n  note      read through the page cache: "), "\(told)")
    let data = try ReferenceSource.contents(of: output)[Int(Self.memory)...].prefix(2 << 20)
    #expect(data.allSatisfy { $0 == 7 })
    let quiet = try Tool.coresalvage(["-f", core.string, output.string]).run()
    #expect(!quiet.text.contains("page cache"))
  }
}
