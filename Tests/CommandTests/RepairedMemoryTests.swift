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
      #expect(due.errorText.contains(": it is lost (past end of file)\n"), "\(due)")
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

  @Test("says why there is no byte: of the core that was cut, and of the repaired one")
  func reasons() throws {
    let folder = try ScratchFolder(in: .memory)
    let builder = CoreBuilder.typical()
    let built = builder.build()
    let (repaired, slim) = (folder.file("repaired"), folder.file("slim"))
    func says(_ words: String, _ core: FilePath, _ address: UInt64) throws {
      let result = try Tool.coresalvage("cat", core.string, "\(address)", "1").run()
      #expect(result.ending == .exit(1) && result.output.isEmpty, "\(result)")
      #expect(
        result.errorText.hasSuffix(" 0x\(String(address, radix: 16)): \(words)\n"), "\(result)")
    }
    let core = try folder.write(built.cut(to: built.segmentRanges[4].lowerBound + 5000), to: "in")
    let named = built.segmentRanges[2].lowerBound
    try Tool.coresalvage(
      "-q", "--lost-range", "\(named):4096", core.string, repaired.string
    ).runSuccessfully()
    for file in [core, repaired] {
      try says("the core names no such memory", file, 0x10)
      try says("the process had it, and it was not dumped", file, builder.segments[1].address)
      try says("it is lost (past end of file)", file, builder.segments[4].address + 8192)
    }
    try says("it is lost (named as lost)", repaired, builder.segments[2].address)
    try Tool.coresalvage(
      "slim", "-q", "--drop-range", "\(builder.segments[2].address):4096", "--keep", "all",
      folder.write(built.bytes, to: "whole").string, slim.string
    ).runSuccessfully()
    try says("it was left out on request", slim, builder.segments[2].address)
    // Of a program header that is gone nobody knows what it named.
    var bytes = built.bytes
    let header = built.tableRange.lowerBound + 3 * 56
    bytes.replaceSubrange(header..<header + 56, with: [UInt8](repeating: 0, count: 56))
    let torn = try folder.write(bytes, to: "torn")
    try Tool.coresalvage("-q", "-f", torn.string, repaired.string).runSuccessfully()
    for file in [torn, repaired] {
      try says("it was not mapped, not dumped, or is lost", file, builder.segments[2].address)
    }
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
    let doubts = try #require(note["doubts"]?.array)
    try #require(!doubts.isEmpty)
    for range in ranges {
      let address = try #require(range["address"]?.string)
      let length = try Int(#require(range["length"]?.number))
      let result = try Tool.coresalvage("cat", repaired.string, address, "\(length)").run()
      #expect(result.ending == .exit(0) && result.output.count == length, "\(result)")
      #expect(result.errorText.contains("not of the dump: \(address)-"), "\(result)")
      #expect(result.errorText.contains(range["source"]?.string ?? "?"), "\(result)")
      // And that its file may be another, where that is so.
      let path = range["path"]?.string ?? "?"
      let doubts = doubts.filter { $0["text"]?.string?.contains(" of \(path) is ") == true }
      #expect(result.errorText.split(separator: "\n").count == 1 + doubts.count, "\(result)")
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
