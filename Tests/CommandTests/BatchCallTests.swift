import SystemPackage
import TestSupport
import Testing

/// What a batch asks of the kernel: many small cores cost no more than that.
@Suite("the system calls of a batch")
struct BatchCallTests {
  /// The calls of a quiet batch of so many small cores.
  private static func calls(_ cores: Int) throws -> [Substring] {
    let folder = try ScratchFolder()
    let bytes = CoreBuilder.typical().build().bytes
    try folder.makeFolder("in")
    for number in 0..<cores { try folder.write(Array(bytes.dropLast(5000)), to: "in/\(number)") }
    let log = folder.file("log")
    let binary = Tool.coresalvage().program
    let batch = [
      binary, "batch", "--quiet", "--jobs", "1", folder.file("in").string, "--output",
      folder.file("out").string,
    ]
    try Tool("strace", ["-f", "-qq", "-o", log.string] + batch).runSuccessfully()
    let text = String(decoding: try ReferenceSource.contents(of: log), as: UTF8.self)
    // The number of the thread comes first. What resumes was told of before.
    return text.split(separator: "\n").compactMap {
      $0.drop { $0.isNumber }.drop { $0 == " " }
    }.filter { !$0.hasPrefix("<...") }
  }

  @Test(
    "change no output between the syncs of a group: each change would cost the disk a commit",
    .needs(.tool("strace"), .tracing))
  func commits() throws {
    let calls = try Self.calls(6)
    let syncs = calls.indices.filter {
      calls[$0].hasPrefix("fsync(") || calls[$0].hasPrefix("syncfs(")
    }
    let times = calls.indices.filter { calls[$0].hasPrefix("utimensat(") }
    // The output folder, the six or all of them together, where the file system has that and little else waits, and their
    // folder.
    let together = syncs.count { calls[$0].hasPrefix("syncfs(") }
    #expect(together <= 1 && syncs.count == (together == 1 ? 3 : 8) && times.count == 6)
    let first = try #require(syncs.dropFirst().first)
    #expect(times.allSatisfy { $0 < first })
  }

  @Test(
    "are no more than fifty for a small core, memory and waiting left out",
    .needs(.tool("strace"), .tracing))
  func count() throws {
    let others = ["brk", "mmap", "munmap", "mprotect", "madvise", "futex", "clock_nanosleep"]
    func count(_ cores: Int) throws -> Int {
      try Self.calls(cores).count { call in !others.contains { call.hasPrefix($0 + "(") } }
    }
    let (few, many) = (try count(2), try count(22))
    #expect((many - few) / 20 <= 50, "\(few) for 2, \(many) for 22")
  }
}
