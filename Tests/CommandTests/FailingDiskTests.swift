import Glibc
import SystemPackage
import TestSupport
import Testing

/// A disk that takes all that is written, and fails when it is to keep it.
@Suite("a batch onto a disk that fails behind its outputs")
struct FailingDiskTests {
  /// A file system on a sparse file, in a memory that has room for all of it until it is filled.
  private static let setUp = """
    set -e; cd "$1"; mkdir memory mnt
    mount -t tmpfs -o size=64m none memory
    truncate -s 200M memory/disk
    mkfs.ext4 -q -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 -J size=8 -b 4096 memory/disk
    mount -o loop,noatime,commit=600 memory/disk mnt; mkdir mnt/out; sync -f mnt
    """

  @Test(
    "names no output that isn't there when the disk is mounted again, and ends with status 3",
    .needs(.root), .needs(.mounts), .needs(.tool("mkfs.ext4")))
  func names() throws {
    let folder = try ScratchFolder()
    func run(_ script: String) throws {
      try Tool("sh", ["-c", script, "sh", folder.path.string]).runSuccessfully()
    }
    let inputs = try folder.makeFolder("in")
    let outputs = folder.file("mnt").appending("out")
    var random = SeededGenerator(for: "cores for a disk that fails")
    func write(_ numbers: Range<Int>) throws -> Set<String> {
      for number in numbers {
        var builder = CoreBuilder.typical()
        builder.segments.append(BuilderSegment(at: 0x7fff_0000_0000, random.nonZeroBytes(1 << 20)))
        _ = try folder.write(builder.build().bytes.dropLast(5000), to: "in/core.\(number)")
      }
      return Set(numbers.map { "core.\($0)" })
    }
    /// The outputs that a batch tells, by how they came out.
    func batch() throws -> (status: Int32?, names: [String: Set<String>]) {
      let result = try Tool.coresalvage(
        "batch", "--json", "-j", "2", inputs.string, "--output", outputs.string
      ).run()
      var names: [String: Set<String>] = [:]
      for line in result.text.split(separator: "\n") {
        let record = try ParsedJSON(String(line))
        guard let outcome = record["outcome"]?.string, let output = record["output"]?.string,
          let name = FilePath(output).lastComponent?.string
        else { continue }
        names[outcome, default: []].insert(name)
      }
      return (result.status, names)
    }
    // A disk that has become read-only keeps what nobody may take for an output.
    func named() throws -> Set<String> {
      Set(try FileTree.names(in: outputs).filter { !$0.hasPrefix(".") })
    }
    defer {
      for name in ["mnt", "memory"] {
        _ = try? Tool("umount", [folder.file(name).string]).run()
      }
    }
    try run(Self.setUp)
    let written = try write(0..<12)
    let first = try batch()
    #expect(first.status == 0 && first.names == ["repaired": written], "\(first)")
    // What is still to be written would fail by itself after some seconds, and the disk be read-only before the batch begins.
    try run(#"sync -f "$1/mnt"; cat /dev/zero >"$1/memory/filling" 2>/dev/null || true"#)
    let failed = try write(12..<36)
    let second = try batch()
    #expect(second.status == 3, "\(second)")
    #expect(second.names["repaired"] == nil && second.names["present"] == written, "\(second)")
    let notWritten = (second.names["failed"] ?? []).union(second.names["unfinished"] ?? [])
    // Of those that were not begun any more their number alone is told.
    #expect(!notWritten.isEmpty && notWritten.isSubset(of: failed), "\(second)")
    #expect(try named() == written)
    try run(#"set -e; cd "$1"; umount mnt; rm memory/filling; mount -o loop memory/disk mnt"#)
    #expect(try named() == written)
    for name in written {
      let wanted = folder.file("wanted")
      try Tool.coresalvage("-q", "-f", inputs.appending(name).string, wanted.string)
        .runSuccessfully()
      try Tool("cmp", [wanted.string, outputs.appending(name).string]).runSuccessfully()
    }
  }
}
