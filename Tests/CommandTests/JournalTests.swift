import SystemPackage
import TestSupport
import Testing

@Suite("systemd's journal", .needs(.path("/var/log/journal")))
struct JournalTests {
  @Test("is asked once for all cores of a call, and names what was truncated")
  func once() throws {
    let folder = try ScratchFolder()
    let calls = folder.file("calls")
    let whole = try SampleCores.fixture("bakery.killed-pipe.core", into: folder)
    let json = try Tool.coresalvage("inspect", "--json", whole.string).run()
    let process = try #require(ParsedJSON(json.text)["pid"]?.number)
    let script = """
      #!/bin/sh
      echo "$*" >>\(calls)
      printf 'COREDUMP_PID=%s\\nCOREDUMP_TRUNCATED=1\\n\\n' \(Int(process))

      """
    let tool = try folder.write(Array(script.utf8), to: "journalctl")
    try Tool("chmod", ["+x", tool.string]).runSuccessfully()
    var inspect = Tool.coresalvage(["inspect"] + Array(repeating: whole.string, count: 5))
    inspect.environment["PATH"] = "\(folder.path):/usr/bin:/bin"
    let result = try inspect.run()
    #expect(result.text.split(separator: "\n").count { $0.contains("systemd") } >= 5, "\(result)")
    let text = String(decoding: try ReferenceSource.contents(of: calls), as: UTF8.self)
    #expect(text.split(separator: "\n").count == 1, "\(text)")
  }
}
