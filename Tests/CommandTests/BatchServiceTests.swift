import SystemPackage
import Testing
import TestSupport

/// What lies in Scripts/ to run a batch by itself.
@Suite("the units and manifests")
struct BatchServiceTests {
  private static let scripts = Tool.packageRoot.appending("Scripts")

  @Test(
    "of systemd are verified by it, and leave the service little to harm",
    .needs(.tool("systemd-analyze")))
  func units() throws {
    let folder = try ScratchFolder()
    let names = ["service", "timer", "path"].map { "coresalvage-batch.\($0)" }
    for name in names {
      let bytes = try ReferenceSource.contents(
        of: Self.scripts.appending("systemd").appending(name))
      // The command need not be installed where this is checked.
      let text = String(decoding: bytes, as: UTF8.self).split(
        separator: "/usr/bin/coresalvage", omittingEmptySubsequences: false
      ).joined(separator: Tool.coresalvagePath.string)
      try folder.write(Array(text.utf8), to: name)
    }
    let paths = names.map { folder.file($0).string }
    let verified = try Tool("systemd-analyze", ["verify", "--man=no"] + paths).run()
    #expect(verified.ending == .exit(0) && verified.lines.isEmpty, "\(verified)")
    let secure = try Tool(
      "systemd-analyze", ["security", "--offline=yes", "--threshold=20", paths[0]]
    ).run()
    #expect(secure.ending == .exit(0), "\(secure.lines.suffix(1))")
  }

  @Test(
    "of Kubernetes has only fields that its API knows",
    .needs(.pythonModule("kubernetes"), .pythonModule("yaml")))
  func job() throws {
    let check = Self.scripts.appending("fleet/check-manifests.py")
    let result = try Tool("python3", [check.string]).run()
    #expect(result.ending == .exit(0), "\(result)")
  }

  @Test(
    "of Kubernetes run commands that there are, with options that they have",
    .needs(.otherUser, .pythonModule("kubernetes"), .pythonModule("yaml")))
  func commands() throws {
    let check = Self.scripts.appending("fleet/check-manifests.py")
    let lines = try Tool("python3", [check.string, "--commands"]).runSuccessfully().lines
    #expect(lines.count == 2)
    for line in lines {
      let words = try #require(try ParsedJSON(line).array).compactMap(\.string)
      #expect(words.first == "coresalvage")
      let folder = try ScratchFolder()
      var tool = try OtherUser.command(Array(words.dropFirst()), in: folder)
      tool.environment = ["JOB_COMPLETION_INDEX": "0", "JOB_COMPLETION_COUNT": "4"]
      let result = try tool.run()
      // Its folders are not here, and who runs it is not root: the system's no comes after the words were understood.
      #expect(result.ending == .exit(3), "\(line): \(result)")
    }
  }

  @Test(
    "of Kubernetes take a crash from a container: its daemon enters the node's mount namespace, where it may set the pattern",
    .needs(.socketCores, .mounts, .pythonModule("kubernetes"), .pythonModule("yaml")))
  func daemonSet() throws {
    let folder = try ScratchFolder()
    let check = Self.scripts.appending("fleet/check-manifests.py")
    let lines = try Tool("python3", [check.string, "--commands"]).runSuccessfully().lines
    let words = try #require(try ParsedJSON(lines[1]).array).compactMap(\.string).dropFirst()
    // The node's folders are those of the test.
    let options = words.map { word in
      word.split(separator: "=").first == "--socket"
        ? "--socket=\(folder.path)/socket"
        : word.hasPrefix("--store=") ? "--store=\(folder.path)/store" : word
    }
    try folder.makeFolder("store")
    // The shell's own namespace is the node's: process 1 may be one that nobody may look at.
    let script = """
      exec 9>>/tmp/coresalvage-test-settings.lock; flock 9
      before=$(</proc/sys/kernel/core_pattern) limit=$(</proc/sys/kernel/core_pipe_limit)
      unshare -m nsenter --target $$ --mount -- "$0" "$@" >out 2>err 9>&- & daemon=$!
      trap 'kill $daemon; wait $daemon; cat err
        echo "$before" >/proc/sys/kernel/core_pattern; echo "$limit" >/proc/sys/kernel/core_pipe_limit' EXIT
      for i in {1..100}; do grep -q ready out && break; sleep 0.1; done
      bash -c 'ulimit -c unlimited; kill -SEGV $$' 9>&-
      for i in {1..100}; do ls store/*.core >/dev/null 2>&1 && break; sleep 0.1; done
      """
    var tool = Tool(
      "bash", ["-c", script, Tool.coresalvagePath.string] + options)
    tool.folder = folder.path
    let result = try tool.run()
    let core = try #require(
      FileTree.names(in: folder.file("store")).first { $0.hasSuffix(".core") }, "\(result)")
    try Tool.coresalvage("check", "\(folder.path)/store/\(core)").runSuccessfully()
  }

  @Test(
    "of the fleet are shell scripts that bash reads",
    arguments: ["coresalvage.sbatch", "try-slurm.sh"])
  func shell(name: String) throws {
    let path = Self.scripts.appending("fleet").appending(name)
    try Tool("bash", ["-n", path.string]).runSuccessfully()
  }
}
