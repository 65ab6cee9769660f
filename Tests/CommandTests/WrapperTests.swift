import Glibc
import SystemPackage
import TestSupport
import Testing

/// Cores as people send them: in what they came in. What each is gets a line, with the command to type, which works.
@Suite("a core in a wrapper")
struct WrapperTests {
  private static func place() throws -> ScratchFolder {
    let folder = try ScratchFolder()
    try folder.write(CoreBuilder.typical().build().cut(to: 20_000), to: "x.core")
    return folder
  }

  private static func shell(_ line: String, _ folder: ScratchFolder) throws -> ToolResult {
    var tool = Tool("bash", ["-o", "pipefail", "-c", line])
    tool.folder = folder.path
    let binary = Tool.coresalvagePath.removingLastComponent()
    tool.environment["PATH"] = "\(binary):\(Environment["PATH"] ?? "/usr/bin:/bin")"
    return try tool.run()
  }

  /// What a message tells to type, between backquotes.
  private static func advised(_ result: ToolResult) -> String? {
    let parts = result.errorText.split(separator: "`", omittingEmptySubsequences: false)
    return parts.count > 2 ? String(parts[parts.count - 2]) : nil
  }

  @Test(
    "gets a command that repairs it",
    arguments: [
      ("tar -cf w x.core", "a tar archive"),
      ("xz -c x.core > w", "xz"), ("bzip2 -c x.core > w", "bzip2"), ("base64 x.core > w", "base64"),
      ("python3 -m zipfile -c w x.core", "zip"),
      ("tar -czf w.tar.gz x.core", "a tar archive"), ("tar -cJf w.tar.xz x.core", "xz"),
      ("tar --zstd -cf w.tar.zst x.core", "a tar archive"),
      ("tar -I lz4 -cf w.tar.lz4 x.core", "a tar archive"),
      ("tar -czf w.tgz x.core", "a tar archive"),
    ])
  func repairs(make: String, name: String) throws {
    let folder = try Self.place()
    if make.contains("zipfile") { try Need.require(.tool("python3")) }
    #expect(try Self.shell(make, folder).ending == .exit(0))
    let wrapped = try #require(try folder.names().first { $0.hasPrefix("w") })
    for verb in ["", "check", "inspect", "note"] {
      let result = try Self.shell(
        "coresalvage \(verb) \(wrapped) \(verb.isEmpty ? "out" : "")", folder)
      #expect(result.ending == .exit(2) && result.errorText.contains("found \(name)"), "\(result)")
      #expect(result.errorText.split(separator: "\n").count == 1, "\(result)")
    }
    let result = try Self.shell("coresalvage \(wrapped) out", folder)
    var command = try #require(Self.advised(result), "\(result)")
    if command.contains("unzip") { try Need.require(.tool("unzip")) }
    command = command.replacing(" NAME ", with: " x.core ")
    let typed = try Self.shell(command, folder)
    #expect(typed.ending == .exit(0), "\(command): \(typed)")
    let note = try Self.shell("coresalvage note repaired.core", folder)
    #expect(note.text.contains("repaired from 20.0 kB of 49.1 kB"), "\(command): \(note)")
  }

  @Test("of tar on standard input is told so, with its way in")
  func pipedTar() throws {
    let folder = try Self.place()
    let result = try Self.shell("tar -czf w.tgz x.core; gzip -dc w.tgz | coresalvage - out", folder)
    #expect(result.ending == .exit(2), "\(result)")
    #expect(result.errorText.contains("`tar -xOf - x.core | coresalvage"), "\(result)")
    let packed = try Self.shell("cat w.tgz | coresalvage - out", folder)
    #expect(packed.errorText.contains("`tar -xzOf - x.core | coresalvage"), "\(packed)")
  }

  @Test(
    "that is no core of ELF is called by its name",
    arguments: [
      ("MDMP\u{93}", "a minidump", "lldb -c w"), ("KDUMP   ", "a kernel's dump", "crash vmlinux w"),
      ("ProblemType: Crash\nCoreDump: base64\n", "a report of apport", "apport-unpack w crash"),
    ])
  func others(begin: String, name: String, command: String) throws {
    let folder = try Self.place()
    try folder.write(Array(begin.utf8) + [UInt8](repeating: 7, count: 4000), to: "w")
    let result = try Self.shell("coresalvage w out", folder)
    #expect(result.ending == .exit(2), "\(result)")
    #expect(result.errorText.contains("found \(name)"), "\(result)")
    #expect(result.errorText.contains("`\(command)"), "\(result)")
    // A batch names it too, and goes on.
    let batch = try Self.shell(
      "coresalvage batch . -o ../o-$$; r=$?; rm -rf ../o-$$; exit $r", folder)
    #expect(batch.ending == .exit(1) && batch.errorText.contains(name), "\(batch)")
  }

  @Test("whose first page gdb has not written yet is told to be that")
  func blankBeginning() throws {
    let folder = try Self.place()
    let bytes = try ReferenceSource.contents(of: folder.file("x.core"))
    try folder.write([UInt8](repeating: 0, count: 4096) + bytes[4096...], to: "w")
    let result = try Self.shell("coresalvage w out", folder)
    #expect(
      result.ending == .exit(2) && result.errorText.contains("gcore writes last"), "\(result)")
  }
}
