import Glibc
import SystemPackage
import TestSupport
import Testing

/// Small files that name much: the command takes no more memory for them than for what they have.
@Suite("memory of the command for a hostile core")
struct HostileMemoryTests {
  /// A sparse file: these stretches, and holes beside them.
  private static func file(
    _ folder: ScratchFolder, size: UInt64, _ parts: [(offset: UInt64, bytes: [UInt8])]
  ) throws -> FilePath {
    let path = try folder.write([], to: "core")
    let file = try FileDescriptor.open(path, .writeOnly)
    try file.closeAfter {
      for part in parts { _ = try file.writeAll(toAbsoluteOffset: Int64(part.offset), part.bytes) }
      guard ftruncate(file.rawValue, off_t(size)) == 0 else { throw Errno.ioError }
    }
    return path
  }

  /// Every command that only reads, and those that write.
  private static func run(_ path: FilePath, _ folder: ScratchFolder, _ more: [String] = []) throws
    -> [(name: String, result: ToolResult, peakMemory: UInt64)]
  {
    let output = folder.file("out").string
    let commands = [
      ["check", path.string], ["inspect", "--no-local-files", "--json", path.string],
      ["--json", "--force"] + more + [path.string, output],
      ["archive", "--json", "--force"] + more + [path.string, output],
    ]
    return try commands.map { arguments in
      let run = try Tool.coresalvage(arguments).runMeasured()
      return (arguments.joined(separator: " "), run.result, run.peakMemory)
    }
  }

  @Test("of 16.7 million program headers in a hole is at most 300 MiB")
  func programHeaders() throws {
    let folder = try ScratchFolder()
    let count: UInt64 = (1 << 24) - 1
    let end = 64 + 56 * count
    let path = try Self.file(
      folder, size: end + 8192,
      [
        (
          0,
          HostileHeader.file(count: 0xffff, sections: end)
            + HostileHeader.segment(at: 1 << 16, offset: end + 4096, 1 << 20)
        ),
        (
          end,
          HostileHeader.section(count: count)
        ),
        (end + 4096, [UInt8](repeating: 7, count: 4096)),
      ])
    for (name, result, peak) in try Self.run(path, folder) {
      #expect([0, 1].contains(result.status), "\(name): \(result)")
      #expect(peak <= 300 << 20, "\(name)")
    }
  }

  @Test("of 5 million empty notes in a hole is at most 64 MiB, but for an archive's buffers")
  func emptyNotes() throws {
    let folder = try ScratchFolder()
    let note = CoreBuilder(.x86_64).noteBytes(.thread(9, of: .x86_64))
    let path = try Self.file(
      folder, size: (64 << 20) + 4096,
      [
        (
          0,
          HostileHeader.file(count: 2)
            + HostileHeader.segment(type: 4, at: 0, offset: 512, 60 << 20)
            + HostileHeader.segment(at: 1 << 16, offset: 64 << 20, 1 << 20)
        ), (512, note), (64 << 20, [UInt8](repeating: 7, count: 4096)),
      ])
    for (name, result, peak) in try Self.run(path, folder) {
      #expect([0, 1].contains(result.status), "\(name): \(result)")
      #expect(peak <= (name.hasPrefix("archive") ? 128 : 64) << 20, "\(name)")
    }
  }

  @Test("of segments that lie over each other, with a map file, is at most 300 MiB")
  func overlapping() throws {
    let folder = try ScratchFolder()
    let count = 60_000
    let (offset, size): (UInt64, UInt64) = (4 << 20, 16 << 20)
    var head = HostileHeader.file(count: UInt64(count))
    for index in 0..<count {
      head += HostileHeader.segment(at: UInt64(index + 1) << 25, offset: offset, size)
    }
    let path = try Self.file(folder, size: offset + size, [(0, head)])
    var map = "0x0 ?\n0x0 \(offset) +\n"
    for index in 0..<500 {
      map +=
        "\(offset + UInt64(index) * 8192) 4096 +\n\(offset + UInt64(index) * 8192 + 4096) 4096 -\n"
    }
    let mapFile = try folder.write(
      Array("\(map)\(offset + 500 * 8192) \(size) +\n".utf8), to: "map")
    for (name, result, peak) in try Self.run(path, folder, ["--mapfile", mapFile.string]) {
      #expect([0, 1].contains(result.status), "\(name): \(result)")
      #expect(peak <= 300 << 20, "\(name)")
    }
  }
}
