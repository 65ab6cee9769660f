import SystemPackage
import TestSupport
import Testing

/// Below another root, so that nothing of this machine is touched.
@Suite("capture install, below another root")
struct CaptureInstallTests {
  private static func root() throws -> ScratchFolder {
    let folder = try ScratchFolder()
    for path in ["usr/lib/systemd", "usr/lib/sysctl.d", "etc/sysctl.d"] {
      try Tool("mkdir", ["-p", folder.file(path).string]).runSuccessfully()
    }
    try folder.write([], to: "usr/lib/systemd/systemd")
    return folder
  }

  private static func install(_ folder: ScratchFolder, _ words: String...) throws -> ToolResult {
    try Tool.coresalvage(["capture", "install", "--root", folder.path.string] + words).run()
  }

  private static let units = FilePath("etc/systemd/system")

  @Test(
    "the service is one that systemd takes",
    .needs(.kernelSetting("kernel.core_modes"), .tool("systemd-analyze")))
  func verifiedUnit() throws {
    let folder = try Self.root()
    let result = try Self.install(folder, "--store", "/srv/my cores", "--", "--release", "early")
    #expect(result.ending == .exit(0), "\(result)")
    let units = folder.path.pushing(Self.units)
    let text = String(
      decoding: try ReferenceSource.contents(of: units.appending("coresalvage-capture.service")),
      as: UTF8.self)
    #expect(text.contains("--store \"/srv/my cores\" --set-pattern --release early\n"))
    for unit in ["coresalvage-capture.service", "coresalvage.slice"] {
      let judged = try Tool(
        "systemd-analyze", ["verify", "--man=no", units.appending(unit).string]
      )
      .run()
      #expect(judged.ending == .exit(0), "\(judged)")
      #expect(judged.errorOutput.isEmpty, "\(judged)")
    }
    let security = try Tool(
      "systemd-analyze",
      [
        "security", "--offline=true", "--threshold=40",
        units.appending("coresalvage-capture.service").string,
      ]
    ).run()
    #expect(security.ending == .exit(0), "\(security)")
  }

  @Test("uninstall removes exactly what install wrote", arguments: ["socket", "pipe"])
  func uninstall(_ mode: String) throws {
    if mode == "socket" { try Need.require(.kernelSetting("kernel.core_modes")) }
    let folder = try Self.root()
    try folder.write(Array("kernel.core_pattern=core\n".utf8), to: "etc/sysctl.d/10-mine.conf")
    let before = try Tool("find", [folder.path.string, "-not", "-type", "d"]).run().text
    #expect(
      try Self.install(
        folder, "--mode", mode, "--store", "/srv/\(String(repeating: "x", count: 90))"
      ).ending == .exit(0))
    #expect(try Tool("find", [folder.path.string, "-not", "-type", "d"]).run().text != before)
    let again = try Self.install(folder, "--mode", mode)
    #expect(again.ending == .exit(0), "\(again)")
    // It is told where each file really is.
    for line in again.lines where line.hasPrefix("wrote ") {
      #expect(FileTree.exists(FilePath(String(line.dropFirst(6)))), "\(line)")
      #expect(line.hasPrefix("wrote \(folder.path)/"), "\(line)")
    }
    #expect(again.lines.contains { $0.hasPrefix("wrote ") })
    let all = try Tool("find", [folder.path.string]).run().text
    let words = ["capture", "uninstall", "--root", folder.path.string]
    let told = try Tool.coresalvage(words + ["-n"]).run()
    #expect(told.ending == .exit(0), "\(told)")
    #expect(try Tool("find", [folder.path.string]).run().text == all)
    let removed = try Tool.coresalvage(words).run()
    // It was told beforehand, line for line.
    #expect(told.text.contains("would remove \(folder.path)/etc/"), "\(told)")
    #expect(!told.text.contains("remove /etc/"), "\(told)")
    #expect(told.text.replacing("would remove", with: "removed") == removed.text)
    #expect(removed.ending == .exit(0), "\(removed)")
    #expect(try Tool("find", [folder.path.string, "-not", "-type", "d"]).run().text == before)
    let nothing = try Tool.coresalvage("capture", "uninstall", "--root", folder.path.string).run()
    #expect(nothing.text == "There is nothing of coresalvage capture to remove.\n")
  }

  @Test(
    "uninstall of the machine's own handler is told of beforehand, and changes nothing then",
    .needs(.root, .mounts))
  func uninstallHere() throws {
    let folder = try ScratchFolder()
    try folder.write(Array("core\n".utf8), to: "core_pattern")
    try folder.write(Array("0\n".utf8), to: "core_pipe_limit")
    // The settings and folders of the machine, in its place.
    let result = try Tool(
      "unshare",
      [
        "-m", "bash", "-ec",
        """
        for name in core_pattern core_pipe_limit; do mount --bind "$1/$name" /proc/sys/kernel/$name; done
        mkdir -p /etc/sysctl.d
        for name in /etc/sysctl.d /var/lib /run; do mount -t tmpfs none $name; done
        state() { cat /proc/sys/kernel/core_p*; find /etc/sysctl.d /var/lib /run | sort; }
        "$0" capture install -q --mode pipe
        state >"$1/installed"
        "$0" capture uninstall --dry-run
        state | cmp - "$1/installed"
        echo done:
        "$0" capture uninstall
        head -n 1 /proc/sys/kernel/core_pattern
        """, Tool.coresalvagePath.string, folder.path.string,
      ]
    ).run()
    #expect(result.ending == .exit(0), "\(result)")
    let lines = result.lines
    let told = try #require(lines.firstIndex(of: "done:"))
    #expect(lines[..<told].contains("kernel.core_pattern would be core again"), "\(result)")
    let done = lines[..<told].map {
      $0.replacing("would be", with: "is").replacing("would remove", with: "removed")
    }
    #expect(Array(lines[(told + 1)...].dropLast()) == done && lines.last == "core", "\(result)")
  }

  @Test(
    "another mode takes the place of the one that was installed",
    .needs(.kernelSetting("kernel.core_modes")))
  func otherMode() throws {
    let folder = try Self.root()
    let settings = folder.file("etc/sysctl.d/90-coresalvage.conf")
    let unit = folder.path.pushing(Self.units).appending("coresalvage-capture.service")
    for (mode, isPipe) in [("pipe", true), ("socket", false), ("pipe", true)] {
      #expect(try Self.install(folder, "--mode", mode).ending == .exit(0))
      #expect(FileTree.exists(settings) == isPipe)
      #expect(FileTree.exists(unit) == !isPipe)
    }
  }

  @Test("a file of somebody else's under our name is neither overwritten nor removed")
  func foreignFile() throws {
    let folder = try Self.root()
    let path = try folder.write(Array("mine\n".utf8), to: "etc/sysctl.d/90-coresalvage.conf")
    #expect(try Self.install(folder, "--mode", "pipe").ending == .exit(3))
    _ = try Tool.coresalvage("capture", "uninstall", "--root", folder.path.string).run()
    #expect(try ReferenceSource.contents(of: path) == Array("mine\n".utf8))
  }

  @Test("a dry run shows all of it, and writes nothing")
  func dryRun() throws {
    let folder = try Self.root()
    try folder.write(
      Array("kernel.core_pattern=|/x\n".utf8), to: "usr/lib/sysctl.d/50-coredump.conf")
    let before = try Tool("find", [folder.path.string]).run().text
    let result = try Self.install(folder, "--mode", "pipe", "--dry-run")
    #expect(result.ending == .exit(0), "\(result)")
    #expect(result.text.contains("write \(folder.path)/etc/sysctl.d/90-coresalvage.conf:\n"))
    #expect(result.text.contains("also: systemd-coredump, by /usr/lib/sysctl.d/50-coredump.conf: "))
    #expect(try Tool("find", [folder.path.string]).run().text == before)
  }

  @Test("a wrong option for the daemon is refused before anything is written")
  func wrongOption() throws {
    let folder = try Self.root()
    #expect(try Self.install(folder, "--", "--no-such").ending == .exit(64))
    #expect(try FileTree.names(in: folder.path) == ["etc", "usr"])
  }
}
