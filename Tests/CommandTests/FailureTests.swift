import Glibc
import CoreIO
import SystemPackage
import TestSupport
import Testing

/// What is printed when something fails: a line, a status, and an object where objects are asked for.
@Suite("a failure")
struct FailureTests {
  /// Every command that prints a report, on an input of that name.
  static let commands: [[String]] = [
    ["repair", "IN", "out"], ["repair", "-n", "IN"], ["repair", "--in-place", "IN"],
    ["slim", "IN", "out"], ["inspect", "IN"], ["check", "IN"], ["note", "IN"], ["undo", "IN"],
    ["archive", "IN", "out.core.lz4"], ["bundle", "IN", "out.tar"], ["restore", "IN", "out"],
    ["verify", "IN"], ["batch", "IN", "-o", "outputs"],
  ]

  private func run(
    _ command: [String], _ input: FilePath, _ folder: ScratchFolder, to output: Tool.Output = .pipe
  ) throws -> ToolResult {
    var tool = Tool.coresalvage(command.map { $0 == "IN" ? input.string : $0 })
    tool.folder = folder.path
    tool.output = output
    return try tool.run()
  }

  @Test("of an input gives an object with the same keys in every command", arguments: commands)
  func objects(command: [String]) throws {
    let folder = try ScratchFolder()
    try folder.write(Array("no core at all".utf8), to: "text")
    for input in [folder.file("text"), folder.file("missing")] {
      let result = try run(command + ["--json"], input, folder)
      let isMissing = input.lastComponent?.string == "missing"
      #expect(result.status != 0, "\(result)")
      let objects = try result.text.split(separator: "\n").map { try ParsedJSON(String($0)) }
      let failures = objects.filter { $0["error"]?.string != nil }
      #expect(failures.count == 1, "\(result)")
      let object = try #require(failures.first)
      #expect(object["tool"]?.string == "coresalvage \(SalvageVersion.current)")
      if !(command[0] == "batch" && isMissing) {
        #expect(object["input"]?.string == input.string, "\(result)")
      }
      let said = result.errorText.replacing("coresalvage: ", with: "")
      if command[0] != "batch" {
        #expect(object["error"]?.string.map { $0 + "\n" } == said, "\(result)")
        #expect(object["status"]?.number == result.status.map { Double($0) })
      }
    }
  }

  @Test(
    "has no object where all went well, and every object has tool, input, error and next",
    arguments: commands)
  func keys(command: [String]) throws {
    let folder = try ScratchFolder()
    let core = try folder.write(CoreBuilder.typical().build().cut(to: 20_000), to: "in.core")
    var input = core
    switch command[0] {
    case "undo", "note":
      input = folder.file("repaired.core")
      try Tool.coresalvage("-q", core.string, input.string).runSuccessfully()
    case "restore", "verify":
      input = folder.file("in.core.lz4")
      try Tool.coresalvage("archive", "-q", core.string, input.string).runSuccessfully()
    default: break
    }
    let result = try run(command + ["--json"], input, folder)
    #expect(result.status ?? 99 <= 1 && result.errorOutput.isEmpty, "\(result)")
    let objects = try result.text.split(separator: "\n").map { try ParsedJSON(String($0)) }
    #expect(objects.count == (command[0] == "batch" ? 3 : 1))
    for object in objects {
      #expect(object["tool"]?.string == "coresalvage \(SalvageVersion.current)", "\(object)")
      guard object["event"]?.string ?? "file" == "file" else { continue }
      let keys = try #require(object.object)
      #expect(keys["input"]?.string == input.string, "\(result)")
      #expect(keys["error"]?.value == .null, "\(result)")
      #expect(keys["next"] != nil, "\(result)")
      // What is written has the same names too.
      guard ["repair", "slim", "archive", "bundle", "restore", "batch"].contains(command[0]) else {
        continue
      }
      #expect(keys["output"] != nil && keys["outputSize"] != nil, "\(result)")
      let isWritten = keys["output"]?.string != nil
      #expect(isWritten != command.contains("-n"))
      if isWritten { #expect(keys["next"]?.string?.isEmpty == false, "\(result)") }
    }
  }

  @Test(
    "to print is told in a line, with status 3, by every command",
    arguments: commands + [
      ["--help"], ["--version"], ["help", "batch"], ["--generate-completion-script", "bash"],
      ["capture", "status"],
    ])
  func full(command: [String]) throws {
    let folder = try ScratchFolder()
    let core = try folder.write(CoreBuilder.typical().build().cut(to: 20_000), to: "in.core")
    var input = core
    switch command[0] {
    case "undo", "note":
      input = folder.file("repaired.core")
      try Tool.coresalvage("-q", core.string, input.string).runSuccessfully()
    case "restore", "verify":
      input = folder.file("in.core.lz4")
      try Tool.coresalvage("archive", "-q", core.string, input.string).runSuccessfully()
    default: break
    }
    for more in [[], ["--json"]] where more.isEmpty || Self.commands.contains(command) {
      let result = try run(
        command + more
          + (more.isEmpty ? [] : ["-f"]).filter { _ in
            ["repair", "slim", "archive", "bundle", "restore"].contains(command[0])
              && !command.contains("-n") && !command.contains("--in-place")
          }, input, folder, to: .file("/dev/full"))
      if command[0] == "undo", !more.isEmpty { continue }
      #expect(result.ending == .exit(3), "\(result)")
      let lines = result.errorText.split(separator: "\n")
      #expect(lines.count == 1 && lines[0].contains("No space left on device"), "\(result)")
    }
  }
}
