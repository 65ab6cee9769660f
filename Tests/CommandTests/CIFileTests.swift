import SystemPackage
import TestSupport
import Testing

/// The files for services that run tests, run as those would.
@Suite("in a job of CI")
struct CIFileTests {
  private struct Job {
    let folder: ScratchFolder
    let result: ToolResult

    init(_ service: String) throws {
      folder = try ScratchFolder()
      let cores = try folder.makeFolder("cores")
      try folder.makeFolder("project")
      let core = try SampleCores.fixture("bakery.rlimit-libraries.core", into: folder)
      // As the kernel names them; one is none.
      try Tool("cp", [core.string, cores.appending("core.bakery.10739").string]).runSuccessfully()
      try folder.write(Array("no core".utf8), to: "cores/core.txt")
      let script = Tool.packageRoot.appending("Tests/Tools/run-ci.py").string
      // The machine's own setting stays: a job that sets it sees a file of ours there. The program is where it was.
      try folder.write([], to: "pattern")
      let isolated =
        """
        mount --bind \(folder.file("pattern")) /proc/sys/kernel/core_pattern
        mount -t tmpfs none /srv
        install -D -t /srv/demo \(Tool.packageRoot)/Fixtures/bin/{bakery,liboven.so}
        exec python3 "$0" "$@"
        """
      var tool = Tool(
        "unshare",
        [
          "-m", "bash", "-ec", isolated, script, service, folder.file("project").string,
          cores.string,
        ])
      let bin = try folder.makeFolder("bin")
      try Tool("ln", ["-s", Tool.coresalvagePath.string, bin.appending("coresalvage").string])
        .runSuccessfully()
      tool.environment = ["PATH": "\(bin):\(Environment["PATH"] ?? "/usr/bin:/bin")"]
      result = try tool.run()
    }

    func attached(_ name: String) throws -> String {
      let file = folder.file("project").appending(name)
      return String(decoding: try ReferenceSource.contents(of: file), as: UTF8.self)
    }
  }

  private static let files = ["1-core.bakery.10739.tar.gz", "cores.html", "cores.txt"]

  @Test(
    "on GitHub the action has cores repaired, bundled and told of",
    .needs(.mounts, .gdb, .pythonModule("yaml")))
  func github() throws {
    let job = try Job("github")
    #expect(job.result.ending == .exit(0), "\(job.result)")
    #expect(try FileTree.names(in: job.folder.file("project/attached")).sorted() == Self.files)
    let text = try job.attached("attached/cores.txt")
    #expect(text.contains("Backtrace") && text.contains("sum_receipts"), "\(text)")
    #expect(try job.attached("summary.md").contains("sum_receipts"))
    let pattern = try ReferenceSource.contents(of: job.folder.file("pattern"))
    #expect(String(decoding: pattern, as: UTF8.self) == "\(job.folder.file("cores"))/core.%e.%p\n")
    #expect(job.result.text.contains("uses actions/upload-artifact@v4 name=cores"))
  }

  @Test(
    "on GitLab the template has cores repaired, bundled and told of, and lets the job leave cores",
    .needs(.mounts, .gdb, .pythonModule("yaml")))
  func gitlab() throws {
    let job = try Job("gitlab")
    #expect(job.result.ending == .exit(0), "\(job.result)")
    #expect(try FileTree.names(in: job.folder.file("project/coresalvage")).sorted() == Self.files)
    #expect(try job.attached("limit").hasPrefix("unlimited"))
    #expect(job.result.text.contains("attached: coresalvage/"))
  }
}
