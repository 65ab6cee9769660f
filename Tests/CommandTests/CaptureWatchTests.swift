import Glibc
import SystemPackage
import TestSupport
import Testing

/// The real core_pattern, for seconds, with nobody else's test beside it.
@Suite(
  "capture serve --set-pattern, and capture test", .serialized,
  .needs(.root, .kernelSetting("kernel.core_modes"), .kernelCores))
struct CaptureWatchTests {
  private static let former = "coresalvage-test-%p"
  private static var pattern: String? { KernelSettings.value(of: "kernel.core_pattern") }

  private func withDaemon(_ body: (_ daemon: Daemon) throws -> Void) throws {
    let wanted = ["kernel.core_pattern": Self.former, "kernel.core_pipe_limit": "0"]
    try KernelSettings.with(wanted) {
      // Where a test fails, what it left set must not stay.
      defer { _ = try? Tool.coresalvage("capture", "restore-pattern").run() }
      let daemon = try Daemon()
      defer { daemon.end(SIGKILL) }
      try body(daemon)
    }
  }

  private final class Daemon {
    let folder: ScratchFolder
    let process: Int32
    var store: String { folder.file("store").string }
    var socket: String { folder.file("coresalvage.sock").string }

    init() throws {
      folder = try ScratchFolder()
      let script = """
        exec "$0" capture serve --socket "$1" --store "$2" --set-pattern >"$3/out" 2>&1 &
        echo $!; while kill -0 $! && ! grep -q ready "$3/out"; do sleep 0.01; done
        """
      let words = [
        "-c", script, Tool.coresalvage([]).program, folder.file("coresalvage.sock").string,
        folder.file("store").string, folder.path.string,
      ]
      let result = try Tool("bash", words).runSuccessfully()
      process = try #require(Int32(result.text.prefix { $0 != "\n" }))
    }

    func end(_ signal: Int32) { Glibc.kill(process, signal) }

    var children: [Int32] {
      let path = FilePath("/proc/\(process)/task/\(process)/children")
      let text = (try? ReferenceSource.contents(of: path)) ?? []
      return String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
    }
  }

  private func isRestored(within seconds: Double = 3) -> Bool {
    for _ in 0..<Int(seconds * 200) {
      if Self.pattern == Self.former, KernelSettings.value(of: "kernel.core_pipe_limit") == "0" {
        return true
      }
      usleep(5000)
    }
    return false
  }

  @Test("a crash of capture test becomes a whole core, and status says that it will")
  func crash() throws {
    try withDaemon { daemon in
      #expect(Self.pattern == "@@" + daemon.socket)
      let status = try Tool.coresalvage("capture", "status").run()
      #expect(status.ending == .exit(0), "\(status)")
      let json = try ParsedJSON(Tool.coresalvage("capture", "status", "--json").run().text)
      #expect(json["active"]?.bool == true)
      #expect(json["previous"]?["core_pattern"]?.string == Self.former)
      let test = try Tool.coresalvage("capture", "test", "--store", daemon.store).run()
      #expect(test.ending == .exit(0), "\(test)")
      #expect(test.text.contains("ms later its core was there"))
      #expect(test.text.contains(": whole"))
      let words = ["capture", "test", "--store", daemon.store, "--json"]
      let told = try ParsedJSON(Tool.coresalvage(words).runSuccessfully().text)
      #expect(told["whole"]?.bool == true && told["input"]?.string?.contains(daemon.store) == true)
      #expect(told["milliseconds"]?.number != nil && told["next"]?.string != nil)
      #expect(try Tool.coresalvage(words.dropLast() + ["-q"]).runSuccessfully().output.isEmpty)
    }
  }

  @Test("capture test says that it tried nothing where crashes are not captured")
  func nothingToTry() throws {
    try KernelSettings.with(["kernel.core_pattern": "core"]) {
      let test = try Tool.coresalvage("capture", "test").run()
      #expect(test.ending == .exit(1) && test.text.contains("Nothing was tried: "), "\(test)")
      let json = try Tool.coresalvage("capture", "test", "--json").run()
      let told = try ParsedJSON(json.text)
      #expect(told["error"]?.string?.hasPrefix("Nothing was tried: ") == true, "\(json)")
      #expect(told["active"]?.bool == false && json.ending == .exit(1), "\(json)")
    }
  }

  @Test("what was set comes back at a stop")
  func stop() throws {
    try withDaemon { daemon in
      daemon.end(SIGTERM)
      #expect(isRestored())
    }
  }

  @Test("what was set comes back when the daemon is killed, twenty times")
  func kill() throws {
    for _ in 0..<20 {
      try withDaemon { daemon in
        daemon.end(SIGKILL)
        #expect(isRestored())
      }
    }
  }

  @Test("where its watch is killed, too, status says so and restore-pattern does it")
  func killAll() throws {
    try withDaemon { daemon in
      for child in daemon.children { Glibc.kill(child, SIGKILL) }
      daemon.end(SIGKILL)
      usleep(100_000)
      #expect(Self.pattern == "@@" + daemon.socket)
      let status = try Tool.coresalvage("capture", "status").run()
      #expect(status.ending == .exit(1))
      #expect(status.text.contains("leaves no core at all"))
      try Tool.coresalvage("capture", "restore-pattern").runSuccessfully()
      #expect(isRestored())
    }
  }

  @Test("a second daemon is refused while the first one lives")
  func second() throws {
    try withDaemon { daemon in
      let other = daemon.folder.file("other.sock").string
      let result = try Tool.coresalvage(
        ["capture", "serve", "--socket", other, "--store", daemon.store, "--set-pattern"]
      ).run()
      #expect(result.ending == .exit(3), "\(result)")
      #expect(Self.pattern == "@@" + daemon.socket)
    }
  }
}
