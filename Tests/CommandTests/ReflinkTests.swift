import Glibc
import SystemPackage
import Testing
import TestSupport

/// On a file system that shares extents: an XFS or a Btrfs in a file.
@Suite("on a file system that shares extents, a repair", .serialized)
struct ReflinkTests {
  private static let types = ["xfs": ["-m", "reflink=1"], "btrfs": []]

  /// Runs `body` in a mounted file system.
  private func with(_ type: String, _ body: (FilePath) throws -> Void) throws {
    try Need.require(.fileSystem(type), .tool("mkfs.\(type)"))
    let options = try #require(Self.types[type])
    let folder = try ScratchFolder()
    let image = folder.file("image")
    try Tool("truncate", ["-s", "320M", image.string]).runSuccessfully()
    try Tool("mkfs.\(type)", ["-q"] + options + [image.string]).runSuccessfully()
    let place = try folder.makeFolder("mounted")
    let mounted = try Tool("mount", ["-o", "loop", image.string, place.string]).run()
    try #require(mounted.ending == .exit(0), "\(mounted)")
    defer { _ = try? Tool("umount", [place.string]).run() }
    try body(place)
  }

  @Test(
    "clones the data, and the output is the same as a copy, with no hole filled",
    .needs(.kernelCores, .gcc), arguments: types.keys.sorted())
  func clones(type: String) throws {
    let core = try SharedCores.large()
    try with(type) { place in
      let whole = try core.reference
      let size = whole.source.length - 200_001
      let input = place.appending("in.core")
      try SparseCopy.copy(core.path, to: input, size: size)
      let cloned = place.appending("cloned")
      let result = try Tool.coresalvage(
        input.string, cloned.string, "--reflink", "always", "--json"
      )
      .runSuccessfully()
      #expect(try ParsedJSON(result.text)["reflink"]?.bool == true)
      let problems = try CutVerdict.problems(
        of: ReferenceCore(contentsOf: cloned), from: whole, cutTo: size)
      #expect(problems.isEmpty, "\(problems)")
      let copied = place.appending("copied")
      let copy = try Tool.coresalvage(input.string, copied.string, "--reflink", "never", "--json")
        .runSuccessfully()
      #expect(try ParsedJSON(copy.text)["reflink"]?.bool == false)
      #expect(try Tool("cmp", [cloned.string, copied.string]).run().ending == .exit(0))
      try Tool("sync", ["-f", place.string]).runSuccessfully()
      #expect(
        try FileTree.status(copied).st_blocks <= FileTree.status(input).st_blocks + (1 << 20) / 512)
      let bytes = try ReferenceSource.contents(of: input)
      #expect(try ReferenceCore(contentsOf: cloned).undone()?.isIdentical(to: bytes) == true)
      // Writing the repair did not write through to the input.
      try SparseCopy.copy(core.path, to: place.appending("again"), size: size)
      #expect(
        try Tool("cmp", [input.string, place.appending("again").string]).run().ending == .exit(0))
      try Tool.coresalvage(input.string, place.appending("auto").string).runSuccessfully()
      #expect(
        try Tool("cmp", [cloned.string, place.appending("auto").string]).run().ending == .exit(0))
    }
  }
}
