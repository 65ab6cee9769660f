import SystemPackage
import TestSupport
import Testing

/// `cat` of a repaired core: what its notes say of bytes holds, whatever stands in their place.
@Suite("cat of a repaired core")
struct RepairedMemoryTests {
  @Test(
    "stops at what is lost, padded or not, as it does in the core that was cut",
    arguments: [
      ["--lost", "pad"], ["--lost", "pad", "--sparse", "never"], ["--lost", "zero"], [],
    ])
  func lost(options: [String]) throws {
    let folder = try ScratchFolder(in: .memory)
    let builder = CoreBuilder.typical()
    let built = builder.build()
    let last = builder.segments[4].address
    let core = try folder.write(built.cut(to: built.segmentRanges[4].lowerBound + 5000), to: "in")
    let repaired = folder.file("repaired")
    let archive = folder.file("archive")
    try Tool.coresalvage(["-q", core.string, repaired.string] + options).runSuccessfully()
    try Tool.coresalvage("archive", "-q", "--extend", "due", repaired.string, archive.string)
      .runSuccessfully()
    for (address, length) in [
      (last, 3 * 4096), (last + 4999, 2), (last + 5000, 1), (last + 8192, 9),
    ] {
      let due = try Tool.coresalvage("cat", core.string, "\(address)", "\(length)").run()
      #expect(due.ending == .exit(1))
      for file in [repaired, archive] {
        let found = try Tool.coresalvage("cat", file.string, "\(address)", "\(length)").run()
        #expect(found.ending == .exit(1), "\(file) \(address) \(found)")
        #expect(found.output == due.output, "\(file) \(address)")
        #expect(
          found.errorText == due.errorText.replacing(core.string, with: file.string), "\(found)")
        let target = folder.file("memory")
        let written = try Tool.coresalvage(
          "cat", file.string, "\(address)", "\(length)", "-o", target.string
        ).run()
        #expect(written.ending == .exit(1) && !FileTree.exists(target), "\(written)")
      }
    }
    let before = try Tool.coresalvage("cat", repaired.string, "\(last)", "5000").run()
    #expect(before.ending == .exit(0) && before.errorText.isEmpty, "\(before)")
  }

  @Test("leaves padded zeros out of a slim core, too: they were never the process's")
  func slim() throws {
    let folder = try ScratchFolder(in: .memory)
    let builder = CoreBuilder.typical()
    let built = builder.build()
    let core = try folder.write(built.cut(to: built.segmentRanges[4].lowerBound + 5000), to: "in")
    let (repaired, slim) = (folder.file("repaired"), folder.file("slim"))
    try Tool.coresalvage("-q", "--lost", "pad", core.string, repaired.string).runSuccessfully()
    let range = "\(builder.segments[4].address):\(5 * 4096)"
    try Tool.coresalvage("slim", "-q", "--keep-range", range, repaired.string, slim.string)
      .runSuccessfully()
    let loads = try ReferenceCore(contentsOf: slim).loads.filter {
      $0.address >= builder.segments[4].address
    }
    #expect(loads.reduce(0) { $0 + $1.fileSize } == 5000, "\(loads)")
  }

  @Test("says of bytes that were put in that they are none of the dump, before they come")
  func rebuilt() throws {
    let folder = try ScratchFolder(in: .memory)
    let core = try SampleCores.fixture("bakery.rlimit-libraries.core", into: folder)
    let repaired = folder.file("repaired")
    try Tool.coresalvage("-q", core.string, repaired.string).runSuccessfully()
    let note = try ParsedJSON(Tool.coresalvage("note", "--json", repaired.string).run().text)
    let ranges = try #require(note["rebuilt"]?.array)
    try #require(!ranges.isEmpty)
    for range in ranges {
      let address = try #require(range["address"]?.string)
      let length = try Int(#require(range["length"]?.number))
      let result = try Tool.coresalvage("cat", repaired.string, address, "\(length)").run()
      #expect(result.ending == .exit(0) && result.output.count == length, "\(result)")
      #expect(result.errorText.contains("not of the dump: \(address)-"), "\(result)")
      #expect(result.errorText.contains(range["source"]?.string ?? "?"), "\(result)")
      #expect(result.errorText.split(separator: "\n").count == 1, "\(result)")
      let target = folder.file("memory")
      let written = try Tool.coresalvage(
        "cat", "-f", "-o", target.string, repaired.string, address, "\(length)"
      ).runSuccessfully()
      #expect(written.errorText == result.errorText)
    }
    // Of what is the dump's nothing is said.
    let kept = try #require(
      try ReferenceCore(contentsOf: repaired).loads.first { load in
        load.fileSize > 0
          && !ranges.contains { $0["address"]?.string == "0x" + String(load.address, radix: 16) }
      })
    let plain = try Tool.coresalvage("cat", repaired.string, "\(kept.address)", "16").run()
    #expect(plain.ending == .exit(0) && plain.errorText.isEmpty, "\(plain)")
  }
}
