import SystemPackage
import TestSupport
import Testing

/// The command where little of a system is there: a rescue shell, a chroot, an image of a container that holds it alone.
@Suite("on a bare system the command")
struct BareSystemTests {
  /// Runs a script of the shell in which `$0` is the command, where neither /proc nor /var/tmp are.
  private static func run(_ script: String, in folder: ScratchFolder) throws -> ToolResult {
    let bare =
      "mount -t tmpfs none /var && umount -l /proc && test ! -e /proc/self && { \(script); }"
    var tool = Tool("unshare", ["-m", "bash", "-c", bare, Tool.coresalvagePath.string])
    tool.folder = folder.path
    tool.environment = ["TMPDIR": nil]
    return try tool.run()
  }

  @Test("says its version, its help and what is wrong with its words", .needs(.mounts))
  func words() throws {
    let folder = try ScratchFolder()
    let script = "$0 --version && $0 help check && { $0 check --no-such-option x; test $? = 64; }"
    let result = try Self.run(script, in: folder)
    #expect(result.ending == .exit(0), "\(result)")
    #expect(
      result.text.hasPrefix("coresalvage ") && result.text.contains("USAGE: coresalvage check"))
    #expect(result.errorText.contains("no-such-option"), "\(result)")
  }

  @Test("gives the bytes that it gives elsewhere", .needs(.mounts))
  func bytes() throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("bakery.rlimit-libraries.core", into: folder)
    // Its files are rebuilt from, which strangers may have named.
    let files = ["bakery", "liboven.so"].map { SampleCores.fixtures.appending("bin/\($0)").string }
    try Tool("install", ["-D", "-t", folder.file("machine/srv/demo").string] + files)
      .runSuccessfully()
    for name in ["out", "made"] { try folder.makeFolder(name) }
    let commands = [
      "$0 --sysroot machine $C $W/repaired", "$0 --sysroot machine - - <$C >$W/stream",
      "$0 archive $C $W/archive",
      "$0 archive - - <$C >$W/piped", "$0 restore $W/archive $W/restored",
      "$0 batch . -o $W/batch", "(cd $W && $0 note repaired >note)",
      "$0 verify $W/archive $W/piped",
      "$0 bundle --sysroot machine $C $W/bundle.tar", "{ $0 inspect $C; test $? = 1; }",
      "cp $C $W/placed && $0 --in-place $W/placed && $0 undo $W/placed && cmp $C $W/placed",
    ].joined(separator: " && ")
    let script = { (place: String) in
      "W=\(place) C=\(core.lastComponent?.string ?? ""); \(commands)"
    }
    let bare = try Self.run(script("out"), in: folder)
    #expect(bare.ending == .exit(0), "\(bare)")
    var usual = Tool("bash", ["-c", script("made"), Tool.coresalvagePath.string])
    usual.folder = folder.path
    try usual.runSuccessfully()
    let compared = try Tool(
      "diff", ["-r", folder.file("out").string, folder.file("made").string]
    ).run()
    #expect(compared.ending == .exit(0), "\(compared)")
  }
}
