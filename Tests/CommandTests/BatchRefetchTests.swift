import SystemPackage
import TestSupport
import Testing

/// A packed core that is fetched once more, by tools that keep its time.
@Suite("a packed core of a batch", .needs(.tool("zstd")), .needs(.tool("gzip")))
struct BatchRefetchTests {
  @Test(
    "that was fetched again, longer and as old as before, is repaired anew, and then no more",
    arguments: [["zstd", "-q", "-c"], ["gzip", "-c"]])
  func isRepairedAnew(packer: [String]) throws {
    let folder = try ScratchFolder()
    let inputs = try folder.makeFolder("in")
    var builder = CoreBuilder.typical()
    var random = SeededGenerator(for: "memory of a packed core")
    builder.segments.append(BuilderSegment(at: 0x7fff_0000_0000, random.nonZeroBytes(1 << 20)))
    let core = try folder.write(Array(builder.build().bytes.dropLast(5000)), to: "core").string
    let packed = try Tool(packer[0], Array(packer.dropFirst()) + [core]).runSuccessfully().output
    let input = inputs.appending("a.core.\(packer[0] == "zstd" ? "zst" : "gz")")
    let output = folder.file("out").appending("a.core")
    func fetch(_ size: Int) throws {
      let part = try folder.write(Array(packed[..<size]), to: "part").string
      try Tool("cp", [part, input.string]).runSuccessfully()
      try Tool("touch", ["-d", "2026-11-01 12:00", input.string]).runSuccessfully()
    }
    func batch() throws -> ToolResult {
      try Tool.coresalvage("batch", inputs.string, "--output", folder.file("out").string)
        .runSuccessfully()
    }
    try fetch(packed.count / 3)
    _ = try batch()
    let first = try ReferenceSource.contents(of: output)
    try fetch(packed.count / 3 * 2)
    let again = try batch()
    #expect(again.lines.contains { $0.hasPrefix("1 core to write") }, "\(again)")
    let second = try ReferenceSource.contents(of: output)
    #expect(first != second)
    let alone = folder.file("alone")
    try Tool.coresalvage("-q", input.string, alone.string).runSuccessfully()
    #expect(try ReferenceSource.contents(of: alone) == second)
    let last = try batch()
    #expect(last.lines.contains { $0.hasPrefix("there already") }, "\(last)")
    #expect(try ReferenceSource.contents(of: output) == second)
  }
}
