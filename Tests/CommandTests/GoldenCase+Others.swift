import TestSupport

extension GoldenCase {
  static let others = [
    firstArchive, streams, bundles, options, slim, inPlace, batch, batchArchives, refusals,
  ]

  /// An archive as the first version wrote it, and its memory.
  private static let firstArchive = GoldenCase(name: "archive.version-1") {
    try $0.addMachine()
    let archive = "archive.version-1.core.lz4"
    try $0.addFixture(archive)
    try $0.run(["check", archive])
    for form in [[], ["--json"]] {
      try $0.run(["inspect", "--no-local-files"] + form + [archive])
      try $0.run(["verify"] + form + [archive])
      try $0.run(["note"] + form + [archive])
    }
    try $0.run(["restore", archive, "restored.core"])
    try $0.digest("restored.core")
    try $0.run(["restore", "--json", "--force", archive, "restored.core"])
    try $0.run(["cat", archive, "0x1000000", "70000"], output: "memory")
    try $0.digest("memory")
    try $0.run(apart + [archive, "out.core"])
    try $0.digest("out.core")
  }

  /// A core with the machine's files.
  private static let bundles = GoldenCase(name: "bundle") {
    try $0.addMachine()
    let core = "bakery.rlimit-libraries.core"
    try $0.addFixture(core)
    let bundle = ["bundle", "--sysroot", "machine"]
    try $0.run(bundle + [core, "out.tar"])
    try $0.run(bundle + [core, "out.tar"])
    try $0.run(bundle + ["--force", "--json", core, "out.tar"])
    try $0.run(bundle + [core, "out.zip"])
    try $0.run(["check", "out.tar"])
    try $0.run(["inspect", "--no-local-files", "out.tar"])
    try $0.run(["restore", "out.tar", "restored.core"])
    try $0.run(["restore", "--json", "--force", "out.tar", "restored.core"])
    try $0.digest("restored.core")
    try $0.run(apart + ["out.tar", "out.core"])
    try $0.digest("out.core")
  }

  /// A core that comes packed or through standard input, and goes to standard output.
  private static let streams = GoldenCase(name: "streams") {
    try $0.addMachine()
    let core = "clock-32.fsize-libraries.core"
    try $0.addFixture(core)
    let packed = try rawZstd($0.bytes(of: core))
    try $0.add(packed, as: "packed.core.zst")
    // Behind a byte that is none of the zeros that a power cut leaves.
    var part = Array(packed.dropLast(100_000))
    while part.last == 0 { part.removeLast() }
    try $0.add(part, as: "cut.core.zst")
    for name in ["packed.core.zst", "cut.core.zst"] {
      try $0.run(["check", name])
      try $0.run(["inspect", "--no-local-files", name])
      try $0.run(apart + [name, "out.core"])
      try $0.run(apart + ["--json", "--force", name, "out.core"])
      try $0.digest("out.core")
      try $0.run(apart + ["--quiet", "--force", name, "out.core"])
    }
    try $0.run(apart + ["-", "from-input.core"], input: core)
    try $0.run(apart + [core, "-"], output: "to-output.core")
    try $0.run(apart + ["-", "-"], input: "packed.core.zst", output: "both.core")
    try $0.digest("from-input.core", "to-output.core", "both.core")
  }

  /// A small core of a whole one and of a cut one.
  private static let slim = GoldenCase(name: "slim") {
    try $0.addMachine()
    for core in ["bakery.whole.core", "bakery.full-disk-memory.core"] {
      try $0.addFixture(core)
      let command = ["slim", "--force", "--sysroot", "machine"]
      for words in [
        [], ["--keep", "heap,environment"], ["--max-size", "64K", "--drop", "stacks"],
      ] {
        try $0.run(command + words + [core, "out.core"])
        try $0.digest("out.core")
      }
      try $0.run(command + ["--with-files", "all", core, "out.core"])
      try $0.run(["check", "out.core"])
      try $0.run(command + ["--json", core, "out.core"])
      try $0.run(["check", "out.core"])
      try $0.run(["inspect", "--no-local-files", "out.core"])
      try $0.run(["note", "out.core"])
      try $0.run(["undo", "out.core"])
    }
  }

  /// Each option that changes the bytes of a repaired core.
  private static let options = GoldenCase(name: "options") {
    try $0.addMachine()
    try $0.addFixture("bakery.full-disk-memory.core")
    try $0.addFixture("bakery.rlimit-libraries.core")
    let choices = [
      "--extend none", "--lost zero", "--lost pad", "--sparse always", "--sparse never",
      "--rebuild none", "--with-files none", "--with-files all", "--keep-mappings",
      "--zero-tail lost", "--zero-runs lost", "--zero-runs lost:4096", "--holes lost",
      "--shifts mend", "--shifts ignore", "--lost-range 40000000:100000",
      "--program machine/srv/demo/bakery",
    ]
    for core in ["bakery.full-disk-memory.core", "bakery.rlimit-libraries.core"] {
      for choice in choices {
        let words = choice.split(separator: " ").map(String.init)
        try $0.run(apart + ["--force"] + words + [core, "out.core"])
        try $0.digest("out.core")
      }
      try $0.run(["inspect", "--no-local-files", "--all", "out.core"])
      try $0.run(apart + ["--gdb-script", "-", core])
      try $0.run(["cat", core, "0xffffffffff600000", "16"])
    }
  }

  private static let inPlace = GoldenCase(name: "in-place") {
    try $0.addMachine()
    let core = "bakery.sorted-memory.core"
    try $0.addFixture(core)
    try $0.run(apart + ["--in-place", "--dry-run", core])
    try $0.run(apart + ["--in-place", "--json", core])
    try $0.run(apart + ["--in-place", core])
    try $0.run(["inspect", "--no-local-files", core])
    try $0.run(["note", core])
    try $0.run(["undo", "--json", core])
    try $0.run(["undo", core])
  }

  /// A Zstandard frame (RFC 8878) of raw blocks: the same bytes whichever zstd is here.
  private static func rawZstd(_ bytes: [UInt8]) -> [UInt8] {
    // The magic number, a header without size or checksum, and a window of 128 KiB.
    var frame: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38]
    for start in stride(from: 0, to: bytes.count, by: 1 << 17) {
      let block = bytes[start..<min(start + 1 << 17, bytes.count)]
      let header = block.count << 3 | (block.endIndex == bytes.count ? 1 : 0)
      frame += (0..<3).map { UInt8(truncatingIfNeeded: header >> (8 * $0)) }
      frame += block
    }
    return frame
  }

  // MARK: Folders

  private static func addFolder(to transcript: GoldenTranscript) throws {
    try transcript.addMachine()
    for name in ["cores", "cores/below"] { try transcript.addFolder(name) }
    let names = [
      "bakery.rlimit-last-note", "bakery.sorted-memory", "clock-32.whole", "quilt.rlimit-table",
      "below/clock-static.gcore-notes", "clock-32.fsize-libraries",
    ]
    for name in names {
      let core = name.replacing("below/", with: "") + ".core"
      try transcript.addFixture(core)
      try transcript.rename(core, to: "cores/\(name).core")
    }
    let packed = try rawZstd(transcript.bytes(of: "cores/clock-32.fsize-libraries.core"))
    try transcript.add(packed, as: "cores/packed.core.zst")
    try transcript.add([], as: "cores/empty.core")
    try transcript.add(Array("no core\n".utf8), as: "cores/text")
  }

  private static let batch = GoldenCase(name: "batch") {
    try addFolder(to: $0)
    let batch = ["batch", "-r", "-j", "1"] + apart + ["cores"]
    try $0.run(batch + ["-o", "out", "--report", "page.html"], unordered: "cores/")
    try $0.list("out")
    try $0.show("page.html", unordered: "cores/")
    try $0.run(batch + ["-o", "out"], unordered: "cores/")
    try $0.run(batch + ["-o", "other", "--json", "--whole", "copy"], unordered: "cores/")
    try $0.list("other")
    try $0.run(batch + ["--in-place"], unordered: "cores/")
    try $0.list("cores")
  }

  private static let batchArchives = GoldenCase(name: "batch.archives", isPacked: true) {
    try addFolder(to: $0)
    let batch = ["batch", "-r", "-j", "1", "--archive"] + apart + ["cores"]
    try $0.run(batch + ["-o", "out"], unordered: "cores/")
    try $0.list("out")
    try $0.run(["verify", "out"], unordered: "out/")
    try $0.run(batch + ["-o", "other", "--json"], unordered: "cores/")
    let slim = ["batch", "-r", "-j", "1", "--slim", "--sysroot", "machine", "cores", "-o", "slim"]
    for _ in 0..<2 { try $0.run(slim, unordered: "cores/") }
    try $0.list("slim")
  }
}
