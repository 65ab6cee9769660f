import SystemPackage
import TestSupport
import Testing

/// What Scripts/package.sh makes of the released executable. Scripts/try-packages.sh installs it.
@Suite("the packages", .serialized)
struct PackageTests {
  private static let script = Tool.packageRoot.appending("Scripts/package.sh").string

  /// Made once, without compression of the .deb, which takes most of the time.
  private static let made = Result { () throws -> Packages in try Packages() }

  private struct Packages {
    let folder: ScratchFolder
    let deb: FilePath
    let archive: FilePath

    init() throws {
      folder = try ScratchFolder()
      let result = try Self.make(in: folder.file("out")).runSuccessfully()
      let paths = result.lines.map { FilePath($0) }
      deb = try #require(paths.first { $0.extension == "deb" })
      archive = try #require(paths.first { $0.extension == "gz" })
    }

    static func make(in output: FilePath) -> Tool {
      var tool = Tool(PackageTests.script, ["--output", output.string])
      tool.environment = ["DPKG_DEB_COMPRESSOR_LEVEL": "0"]
      return tool
    }
  }

  @Test(
    "are the same bytes, made again under other circumstances",
    .needs(.request("CORESALVAGE_BINARY"), .tool("dpkg-deb")))
  func reproducible() throws {
    let packages = try Self.made.get()
    let folder = try ScratchFolder()
    var tool = Packages.make(in: folder.file("again"))
    let place = try folder.makeFolder("another place")
    tool.environment["TMPDIR"] = place.string
    tool.environment["TZ"] = "Asia/Tokyo"
    tool.environment["LC_ALL"] = "C.UTF-8"
    tool.environment["HOME"] = place.string
    tool.arguments = ["-c", "umask 077; exec \"$0\" \"$@\"", tool.program] + tool.arguments
    tool.program = "bash"
    try tool.runSuccessfully()
    for path in [packages.deb, packages.archive] {
      let name = try #require(path.lastComponent)
      try Tool("cmp", [path.string, folder.file("again").appending(name).string]).runSuccessfully()
    }
  }

  @Test(
    "have nothing that lintian finds fault with",
    .needs(.request("CORESALVAGE_BINARY"), .tool("dpkg-deb"), .tool("lintian")))
  func lintian() throws {
    let deb = try Self.made.get().deb
    let arguments = ["--fail-on", "error,warning", "--allow-root", deb.string]
    let result = try Tool("lintian", arguments).run()
    #expect(result.ending == .exit(0) && result.lines.isEmpty, "\(result)")
  }

  @Test(
    "have the command, the manual, completions, scripts, units and notices, where each is looked for",
    .needs(.request("CORESALVAGE_BINARY"), .tool("dpkg-deb")))
  func contents() throws {
    let deb = try Self.made.get().deb
    let lines = try Tool("dpkg-deb", ["--contents", deb.string]).runSuccessfully().lines
    var modes: [String: String] = [:]
    for line in lines {
      let words = line.split(separator: " ", omittingEmptySubsequences: true)
      #expect(words[1] == "root/root", "\(line)")
      modes[String(words[5])] = String(words[0])
    }
    var expected = [
      "bin/coresalvage": "-rwxr-xr-x",
      "share/bash-completion/completions/coresalvage": "-rw-r--r--",
      "share/zsh/vendor-completions/_coresalvage": "-rw-r--r--",
      "share/fish/vendor_completions.d/coresalvage.fish": "-rw-r--r--",
      "share/coresalvage/gdb/coresalvage.py": "-rw-r--r--",
      "share/coresalvage/lldb/coresalvage.py": "-rw-r--r--",
      "share/coresalvage/coresalvage_notes.py": "-rw-r--r--",
      "lib/systemd/system/coresalvage-batch.service": "-rw-r--r--",
      "lib/systemd/system/coresalvage-batch.timer": "-rw-r--r--",
      "lib/systemd/system/coresalvage-batch.path": "-rw-r--r--",
      "lib/tmpfiles.d/coresalvage.conf": "-rw-r--r--",
      "share/doc/coresalvage/copyright": "-rw-r--r--",
      "share/doc/coresalvage/examples/90-coresalvage.conf": "-rw-r--r--",
      "share/doc/coresalvage/examples/ci/collect.sh": "-rw-r--r--",
      "share/doc/coresalvage/examples/coresalvage.sbatch": "-rw-r--r--",
    ]
    for page in try FileTree.names(in: Tool.packageRoot.appending("man")) {
      expected["share/man/man\(page.suffix(1))/\(page).gz"] = "-rw-r--r--"
    }
    for (path, mode) in expected { #expect(modes["./usr/\(path)"] == mode, "\(path)") }
    #expect(modes["./etc/gdb/gdbinit.d/coresalvage.py"] == "lrwxrwxrwx")
    // Nothing else is outside /usr.
    let others = modes.keys.filter {
      !$0.hasPrefix("./usr") && !$0.hasPrefix("./etc") && $0 != "./"
    }
    #expect(others.isEmpty)
  }

  @Test(
    "keep folders for cores, of which users reach their own",
    .needs(.root, .request("CORESALVAGE_BINARY"), .tool("dpkg-deb"), .tool("systemd-tmpfiles")))
  func folders() throws {
    let deb = try Self.made.get().deb
    let folder = try ScratchFolder()
    try Tool("dpkg-deb", ["--extract", deb.string, folder.path.string]).runSuccessfully()
    // It asks who root is.
    try folder.write(Array("root:x:0:0::/root:/bin/sh\n".utf8), to: "etc/passwd")
    try folder.write(Array("root:x:0:\n".utf8), to: "etc/group")
    try Tool("systemd-tmpfiles", ["--root=\(folder.path)", "--create", "coresalvage.conf"])
      .runSuccessfully()
    let modes = try ["var/lib/coresalvage", "var/lib/coresalvage/repaired"].map {
      try FileTree.status(folder.file($0)).st_mode & 0o7777
    }
    #expect(modes == [0o755, 0o700])
  }

  @Test(
    "let make install them anywhere, which runs there, and take them away again",
    .needs(.request("CORESALVAGE_BINARY"), .tool("make")))
  func makeInstall() throws {
    let archive = try Self.made.get().archive
    let folder = try ScratchFolder()
    try Tool("tar", ["-xzf", archive.string, "-C", folder.path.string]).runSuccessfully()
    let name = try #require(try folder.names().first)
    let tree = folder.file(name).string
    let words = ["-s", "-C", tree, "DESTDIR=\(folder.path)/tree", "PREFIX=/opt/coresalvage"]
    try Tool("make", words + ["install"]).runSuccessfully()
    let target = folder.file("tree/opt/coresalvage")
    try Tool(target.appending("bin/coresalvage").string, ["--version"]).runSuccessfully()
    for name in [
      "lib/systemd/system/coresalvage-batch.service",
      "share/doc/coresalvage/examples/90-coresalvage.conf",
    ] {
      let text = try ReferenceSource.contents(of: target.appending(name))
      #expect(String(decoding: text, as: UTF8.self).contains("/opt/coresalvage/bin/coresalvage "))
    }
    try Tool("make", words + ["uninstall"]).runSuccessfully()
    #expect(
      try Tool("find", [folder.file("tree").string, "-type", "f"]).runSuccessfully().lines.isEmpty)
  }

  @Test("say of everything that is linked in whose it is", .needs(.request("CORESALVAGE_BINARY")))
  func notices() throws {
    let check = Tool.packageRoot.appending("Scripts/package/check-linked.sh").string
    try Tool(check, [Tool.coresalvagePath.string]).runSuccessfully()
    // One that the notices don't know is refused.
    let folder = try ScratchFolder()
    try folder.write(Array("/usr/lib/libnew.a(file.o)\n".utf8), to: "program.map")
    let refused = try Tool(check, [folder.file("program").string]).run()
    #expect(refused.ending == .exit(1) && refused.errorText.contains("libnew.a"), "\(refused)")
  }
}
