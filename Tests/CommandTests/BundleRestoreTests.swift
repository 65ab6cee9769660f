import Glibc
import SystemPackage
import TestSupport
import Testing

/// Cores that come out of bundles again.
@Suite("a core in a bundle", .needs(.kernelCores, .gcc, .tool("zstd")))
struct BundleRestoreTests {
  /// A core with holes, whole or cut, its repaired one, and a bundle of it.
  private struct Setting {
    let folder: ScratchFolder
    let repaired: FilePath
    let bundle: FilePath

    init(isCut: Bool, ending: String) throws {
      folder = try ScratchFolder()
      let whole = try SharedCores.large()
      let input = folder.file("in.core")
      try Tool("cp", ["-p", "--sparse=always", whole.path.string, input.string]).runSuccessfully()
      if isCut {
        try Tool("truncate", ["-s", "-40960", input.string]).runSuccessfully()
      }
      try Tool("touch", ["-d", "2025-03-04 05:06:07.123456789 UTC", input.string])
        .runSuccessfully()
      repaired = folder.file("repaired.core")
      try Tool.coresalvage("--extend", "none", input.string, repaired.string).runSuccessfully()
      bundle = folder.file("x.\(ending)")
      try Tool.coresalvage("bundle", input.string, bundle.string).runSuccessfully()
      FileTree.remove(input)
    }

    /// Whether a file is the repaired core, and as old to the microsecond; or to the second.
    func holds(_ core: FilePath, toSecond: Bool = false) throws {
      try Tool("cmp", [repaired.string, core.string]).runSuccessfully()
      let (due, found) = (try FileTree.status(repaired).st_mtim, try FileTree.status(core).st_mtim)
      #expect(due.tv_sec == found.tv_sec)
      #expect(toSecond || due.tv_nsec / 1000 == found.tv_nsec / 1000)
    }
  }

  @Test(
    "is restored byte for byte, as old as it was, from a file and from a pipe",
    arguments: [true, false], ["tar.zst", "tar.gz", "tar"])
  func isRestored(isCut: Bool, ending: String) throws {
    let setting = try Setting(isCut: isCut, ending: ending)
    let out = setting.folder.file("out.core")
    let told = try Tool.coresalvage("restore", setting.bundle.string, out.string).runSuccessfully()
    #expect(told.lines.first?.hasSuffix(", as it is in the bundle") == true, "\(told)")
    try setting.holds(out)
    // Whoever may not read the bundle may not read the core.
    chmod(setting.bundle.string, 0o640)
    // Copied without its time, the member's own tells.
    try Tool("touch", [setting.bundle.string]).runSuccessfully()
    try Tool.coresalvage("restore", "--force", setting.bundle.string, out.string).runSuccessfully()
    try setting.holds(out, toSecond: !isCut)
    #expect(try FileTree.status(out).st_mode & 0o777 == 0o640)
    try Tool.coresalvage("--force", setting.bundle.string, out.string).runSuccessfully()
    try setting.holds(out, toSecond: !isCut)
    for (name, words) in [
      ("piped", "cat '\(setting.bundle)' | '\(Tool.coresalvagePath)' restore - '\(out)' --force"),
      ("input", "'\(Tool.coresalvagePath)' restore - '\(out)' --force <'\(setting.bundle)'"),
    ] {
      try Tool("sh", ["-c", words]).runSuccessfully()
      try setting.holds(out, toSecond: !isCut)
      #expect(try FileTree.status(out).st_mode & 0o077 == (name == "piped" ? 0 : 0o040), "\(name)")
    }
    try Tool(
      "sh",
      [
        "-c",
        "'\(Tool.coresalvagePath)' restore '\(setting.bundle)' - | cmp - '\(setting.repaired)'",
      ]
    ).runSuccessfully()
    let json = try ParsedJSON(
      Tool.coresalvage("restore", "--json", "--force", setting.bundle.string, out.string)
        .runSuccessfully().text)
    #expect(json["complete"]?.bool == true && json["archiveDamaged"]?.bool == false)
    let exists = try Tool.coresalvage("restore", setting.bundle.string, out.string).run()
    #expect(exists.ending == .exit(3), "\(exists)")
    let itself = try Tool.coresalvage(
      "restore", "--force", setting.bundle.string, setting.bundle.string
    ).run()
    #expect(itself.ending == .exit(3), "\(itself)")
  }

  @Test(
    "of which the end is missing is repaired again, and it is said",
    arguments: ["tar.zst", "tar.gz", "tar"])
  func isCut(ending: String) throws {
    let setting = try Setting(isCut: true, ending: ending)
    let size = try FileTree.size(setting.bundle)
    let whole = try ReferenceSource.contents(of: setting.repaired)
    // Plain, the libraries stand behind the core.
    let cut = ending == "tar" ? UInt64(whole.count / 2) : size / 20
    try Tool("truncate", ["-s", "\(cut)", setting.bundle.string]).runSuccessfully()
    let out = setting.folder.file("out.core")
    let told = try Tool.coresalvage("restore", setting.bundle.string, out.string).run()
    #expect(told.ending == .exit(1), "\(told)")
    #expect(told.text.contains("the tar stream was cut"), "\(told)")
    #expect(told.text.contains("what survived was written to"), "\(told)")
    let check = try Tool.coresalvage("check", out.string).run()
    #expect(check.text.contains("repaired by coresalvage"), "\(check)")
    let alone = setting.folder.file("alone.core")
    try Tool.coresalvage(setting.bundle.string, alone.string).runSuccessfully()
    try Tool("cmp", [alone.string, out.string]).runSuccessfully()
  }

  @Test(
    "that is whole in a bundle which is cut behind it is restored, and everybody says what is missing",
    arguments: ["tar.zst", "tar.gz", "tar"])
  func isCutBehind(ending: String) throws {
    let setting = try Setting(isCut: false, ending: ending)
    // The program and its libraries stand there.
    try Tool("truncate", ["-s", "-100000", setting.bundle.string]).runSuccessfully()
    let bundle = setting.bundle.string
    let out = setting.folder.file("out.core")
    let words = "the tar stream was cut behind the core: all of the core came"
    let told = try Tool.coresalvage("restore", bundle, out.string).run()
    #expect(told.ending == .exit(1) && told.errorText.contains(words), "\(told)")
    #expect(told.errorText.contains(": is damaged; bundle it anew"), "\(told)")
    #expect(told.errorText.contains("no checksum came that vouches for it"), "\(told)")
    try setting.holds(out, toSecond: true)
    let json = try ParsedJSON(
      Tool.coresalvage("restore", "--json", "--force", bundle, out.string).run().text)
    #expect(json["complete"]?.bool == false && json["archiveDamaged"]?.bool == true)
    #expect(json["archiveRemarks"]?.array?.count == 1)
    let repair = try Tool.coresalvage("--force", bundle, out.string).runSuccessfully()
    #expect(repair.text.contains(words), "\(repair)")
    let found = try Tool.coresalvage("inspect", "--no-local-files", bundle).run()
    #expect(found.ending == .exit(1) && found.text.contains(words), "\(found)")
    let inspection = try ParsedJSON(
      Tool.coresalvage("inspect", "--json", "--no-local-files", bundle).run().text)
    #expect(inspection["wayIn"]?["ending"]?.string == "cut")
    let page = setting.folder.file("page.html")
    try Tool.coresalvage("inspect", "--no-local-files", "--html", page.string, bundle)
      .runSuccessfully()
    let html = String(decoding: try ReferenceSource.contents(of: page), as: UTF8.self)
    #expect(html.contains("<dt>Stream</dt><dd>\(words)"))
    let check = try Tool.coresalvage("check", bundle).run()
    #expect(check.ending == .exit(1) && check.text.contains(words), "\(check)")
    #expect(check.text.contains(": in a damaged bundle, "), "\(check)")
    let verify = try Tool.coresalvage("verify", bundle).run()
    #expect(verify.ending == .exit(1) && verify.text.contains("  " + words), "\(verify)")
    let verdict = try ParsedJSON(Tool.coresalvage("check", "--json", bundle).run().text)
    #expect(verdict["whole"]?.bool == false && verdict["wrapping"]?.array?.count == 1)
  }

  @Test(
    "that stands before damage is restored, and what is not sure of it is said",
    arguments: ["tar.zst", "tar.gz"])
  func isDamaged(ending: String) throws {
    let setting = try Setting(isCut: true, ending: ending)
    let bytes = try ReferenceSource.contents(of: setting.bundle)
    let out = setting.folder.file("out.core")
    // What comes behind the core is missing: the core is not.
    try setting.folder.write(Array(bytes.dropLast(40)), to: "cut.\(ending)")
    let cut = try Tool.coresalvage(
      "restore", setting.folder.file("cut.\(ending)").string, out.string
    ).run()
    #expect(cut.ending == .exit(1), "\(cut)")
    try setting.holds(out)
    // Nor is it where that is damaged.
    var broken = bytes
    broken.replaceSubrange(
      (bytes.count - 60_000)..<(bytes.count - 50_000), with: repeatElement(0xa5, count: 10_000))
    let damaged = try setting.folder.write(broken, to: "damaged.\(ending)")
    let behind = try Tool.coresalvage("restore", "--force", damaged.string, out.string).run()
    #expect(behind.ending == .exit(1), "\(behind)")
    #expect(behind.errorText.contains("damaged behind the core"), "\(behind)")
    try setting.holds(out)
    // Of gzip the checksum is followed by the length.
    let sound = try Tool.coresalvage("verify", setting.bundle.string).runSuccessfully()
    #expect(sound.text.contains(": sound, ") && sound.text.contains(", a bundle"), "\(sound)")
    var spoilt = bytes
    spoilt[bytes.count - (ending == "tar.gz" ? 7 : 2)] ^= 1
    let bad = try setting.folder.write(spoilt, to: "bad.\(ending)")
    let verify = try Tool.coresalvage("verify", "--json", bad.string).run()
    #expect(verify.ending == .exit(1), "\(verify)")
    let verdict = try ParsedJSON(verify.text)
    #expect(verdict["sound"]?.bool == false && verdict["blocks"]?.number == nil)
    #expect(verdict["faults"]?.array?.first?["coreOffset"]?.number == 0)
    for command in [["restore", "--force"], ["--force"], ["inspect", "--no-local-files"]] {
      let arguments = command + [bad.string] + (command[0] == "inspect" ? [] : [out.string])
      let told = try Tool.coresalvage(arguments).run()
      #expect(
        told.ending == .exit(command[0] == "--force" ? 0 : 1), "\(arguments) \(told)")
      #expect(told.text.contains("checksum"), "\(arguments) \(told)")
    }
  }

  @Test("that has bytes missing or too many, plain, is told so by verify, restore and check alike")
  func isShifted() throws {
    let setting = try Setting(isCut: false, ending: "tar")
    let bytes = try ReferenceSource.contents(of: setting.bundle)
    let core = try ReferenceSource.contents(of: setting.repaired)
    let start = try #require(bytes.ranges(of: Array(core.prefix(600))).first?.lowerBound)
    // The folder of the files, right behind the core.
    let name = Array("x/root/".utf8) + [UInt8](repeating: 0, count: 93)
    let end = try #require(
      bytes.ranges(of: name).first { $0.lowerBound > start && $0.lowerBound % 512 == 0 }?.lowerBound
    )
    let sound = try Tool.coresalvage("verify", setting.bundle.string).runSuccessfully()
    #expect(sound.text.contains("; no checksum vouches for its bytes"), "\(sound)")
    // The core keeps its size, and its end is bytes of the files behind it.
    var random = SeededGenerator(for: "bytes missing in a bundle")
    for (size, isMissing) in [(512, true), (4096, false), (65_536, true)] {
      var broken = bytes
      let most = UInt64(end - start - size) / 512
      let place = start + 512 * Int(UInt64.random(in: 1..<most, using: &random))
      if isMissing {
        broken.removeSubrange(place..<place + size)
      } else {
        broken.insert(contentsOf: bytes[place..<place + size], at: place)
      }
      let path = try setting.folder.write(broken, to: "broken.tar")
      for command in ["verify", "check", "restore"] {
        let out = command == "restore" ? ["--force", setting.folder.file("out.core").string] : []
        let told = try Tool.coresalvage([command, path.string] + out).run()
        #expect(told.ending == .exit(1), "\(size) at \(place): \(told)")
        let words = told.text + told.errorText
        #expect(words.contains("bytes of the core may be missing, or too many"), "\(told)")
        #expect(!words.contains("all of the core came"), "\(told)")
      }
    }
    // Zeros for its last files, in the place of a header, and more than it ends in.
    for place in [
      end + 512..<bytes.count, end + 512..<end + 1024, end + 512..<end + 1536,
      bytes.count..<bytes.count + 4096,
    ] {
      var broken = bytes
      broken.replaceSubrange(
        place.clamped(to: 0..<bytes.count), with: [UInt8](repeating: 0, count: place.count))
      let path = try setting.folder.write(broken, to: "zeros.tar")
      for command in ["verify", "check", "restore"] {
        let out = command == "restore" ? ["--force", setting.folder.file("out.core").string] : []
        let told = try Tool.coresalvage([command, path.string] + out).run()
        #expect(told.ending == .exit(1), "\(place): \(told)")
        let words = told.text + told.errorText
        #expect(words.contains("damaged behind the core") && words.contains("all of the core came"))
      }
    }
  }

  @Test("is none in another tar archive, and none that is no core", arguments: ["tar", "tar.gz"])
  func isNone(ending: String) throws {
    let folder = try ScratchFolder()
    _ = try folder.makeFolder("x")
    try folder.write(Array("text".utf8), to: "x/other")
    let out = folder.file("out.core")
    for (name, words) in [("other", "no bundle"), ("core", "not a core")] {
      if name == "core" { try folder.write(Array("text".utf8), to: "x/core") }
      let file = folder.file("\(name).\(ending)")
      try Tool(
        "tar",
        ["-C", folder.path.string, "-caf", file.string, "x/\(name)"]
      ).runSuccessfully()
      let told = try Tool.coresalvage("restore", file.string, out.string).run()
      #expect(told.ending == .exit(2) && told.errorText.contains(words), "\(name) \(told)")
      let verify = try Tool.coresalvage("verify", file.string).run()
      #expect(verify.ending == .exit(2), "\(name) \(verify)")
    }
    #expect(!FileTree.exists(out))
  }
}
