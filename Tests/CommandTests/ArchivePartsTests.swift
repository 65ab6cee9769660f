import SystemPackage
import TestSupport
import Testing

/// Two archives' parts in one file, by the commands.
@Suite("a file with parts of two archives")
struct ArchivePartsTests {
  let folder: ScratchFolder
  let cores: [[UInt8]]
  /// The head of the first one's archive, and the tail of the second one's, without its seek table.
  let mixed: FilePath

  init() throws {
    folder = try ScratchFolder(in: .memory)
    cores = (0..<2).map { run in
      var random = SeededGenerator(seed: UInt64(run) + 40)
      var builder = CoreBuilder.typical()
      for index in 0..<6 {
        // Nothing of it can be compressed, so that all blocks have their places in both.
        builder.segments.append(
          BuilderSegment(at: 0x7000_0000_0000 + UInt64(index) << 24, random.nonZeroBytes(65_536)))
      }
      return builder.build().bytes
    }
    var archives: [[UInt8]] = []
    for (number, core) in cores.enumerated() {
      let path = try folder.write(core, to: "\(number).core")
      try Tool.coresalvage("archive", "-q", "--block-size", "64K", path.string).runSuccessfully()
      archives.append(try ReferenceSource.contents(of: folder.file("\(number).core.lz4")))
    }
    // In the block size's steps from the end: where one block of both begins.
    let place = archives[0].count * 3 / 5
    mixed = try folder.write(
      Array((archives[0][..<place] + archives[1][place...]).dropLast(300)), to: "mixed.core.lz4")
  }

  /// How many of 64 bytes each are only in the one core, and only in the other.
  private func counts(_ output: [UInt8]) -> [Int] {
    var counts = [0, 0]
    for start in stride(from: 0, to: min(cores[0].count, output.count) - 64, by: 64) {
      let parts = cores.map { $0[start..<start + 64] }
      guard parts[0] != parts[1] else { continue }
      for number in 0..<2 where output[start..<start + 64] == parts[number] { counts[number] += 1 }
    }
    return counts
  }

  @Test("gives one of them, never both, as a file and through a pipe, in every command")
  func oneOfThem() throws {
    let output = folder.file("out")
    let restored = try Tool.coresalvage("restore", "--force", mixed.string, output.string).run()
    #expect(restored.ending == .exit(1), "\(restored)")
    #expect(restored.text.contains("parts of another archive are in it"), "\(restored)")
    var counted = [counts(try ReferenceSource.contents(of: output))]
    try Tool.coresalvage("-q", "--force", mixed.string, output.string).runSuccessfully()
    counted.append(counts(try ReferenceSource.contents(of: output)))
    var piped = Tool.coresalvage("-q", "--force", "-", output.string)
    piped.input = .bytes(try ReferenceSource.contents(of: mixed))
    try piped.runSuccessfully()
    counted.append(counts(try ReferenceSource.contents(of: output)))
    for found in counted { #expect(found[0] > 1000 && found[1] == 0, "\(found)") }
    let verified = try Tool.coresalvage("verify", mixed.string).run()
    #expect(verified.ending == .exit(1))
    #expect(verified.text.contains("a part of another archive"), "\(verified)")
    #expect(try Tool.coresalvage("check", mixed.string).run().ending == .exit(1))
  }

  @Test("an archive through a pipe is the core that it is as a file")
  func pipe() throws {
    let bytes = try ReferenceSource.contents(of: folder.file("0.core.lz4"))
    var tool = Tool.coresalvage("-q", "-", "-")
    tool.input = .bytes(bytes)
    #expect(try tool.runSuccessfully().output == cores[0])
  }
}
