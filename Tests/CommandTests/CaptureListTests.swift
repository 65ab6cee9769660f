import CoreIO
import CoreModel
import Glibc
import SalvageCapture
import SystemPackage
import TestSupport
import Testing

/// The commands that find a captured core again.
@Suite("capture list, info and dump")
struct CaptureListTests {
  private static func record(_ name: String, after seconds: UInt64) -> CaptureRecord {
    var record = CaptureRecord(
      way: .socket, time: 1_764_397_651_000_000 + seconds * 1_000_000,
      processID: UInt32(100 + seconds))
    record.name = Array(name.utf8)
    record.program = Array("/usr/bin/\(name)".utf8)
    record.userID = 1000
    record.signal = 11
    record.steps = [.init(.accepted, 0), .init(.done, 5000)]
    return record
  }

  private static func bytes(_ record: CaptureRecord) -> [UInt8] {
    CapturedCore(.typical(), capture: record.noteDescriptor).build()
  }

  /// A store with two cores, of which one is archived, and a crash that was one too many.
  private static func sample() throws -> (
    folder: ScratchFolder, store: String, old: [UInt8], new: [UInt8]
  ) {
    let folder = try ScratchFolder()
    let path = folder.file("store")
    var options = StoreOptions()
    options.perMinute = 1
    options.archive = true
    let store = try CaptureStore(path, options)
    let (old, new) = (record("old\u{1b}[31m", after: 0), record("new", after: 1))
    #expect(store.admit(old))
    #expect(!store.admit(new))
    for record in [old, new] {
      let file = store.names(for: record).finished
      try folder.write(bytes(record), to: "store/\(#require(file.lastComponent))")
      if record == old { store.finished(file, record) }
      store.drain()
    }
    return (folder, path.string, bytes(old), bytes(new))
  }

  private static func capture(_ words: [String], _ store: String) throws -> ToolResult {
    var tool = Tool.coresalvage(["capture"] + words)
    tool.arguments += ["--store", store]
    return try tool.run()
  }

  @Test("list has a line for each core, and tells of crashes that were not captured")
  func list() throws {
    let sample = try Self.sample()
    let result = try Self.capture(["list"], sample.store)
    #expect(result.ending == .exit(0) && result.errorOutput.isEmpty)
    let lines = result.lines
    #expect(lines.count == 5, "\(result)")
    #expect(
      lines[1].hasPrefix("  2025-11-29 06:27:31  100  1000  SIGSEGV  whole, archived  "),
      "\(result)")
    #expect(lines[1].hasSuffix("/usr/bin/old\\u{1b}[31m"))
    #expect(lines[2].hasPrefix("  2025-11-29 06:27:32  101  1000  SIGSEGV  whole  "))
    #expect(
      lines[4]
        == "  1 of /usr/bin/new (user 1000), at 2025-11-29 06:27:32 UTC: too many at a time")
    let newest = try Self.capture(["list", "-1"], sample.store).lines
    #expect(newest[1].hasSuffix("/usr/bin/new") && newest.count == lines.count - 1)
    #expect(try Self.capture(["list", "-q"], sample.store).text.isEmpty)
  }

  @Test("list prints an object for each core")
  func json() throws {
    let sample = try Self.sample()
    let lines = try Self.capture(["list", "--json"], sample.store).lines
    #expect(lines.count == 3)
    let core = try ParsedJSON(lines[1])
    #expect(core["state"]?.string == "whole" && core["pid"]?.number == 101)
    #expect(core["program"]?.string == "/usr/bin/new" && core["lost"]?.number == 0)
    #expect(core["input"]?.string?.hasPrefix(sample.store) == true)
    let skipped = try ParsedJSON(lines[2])["skipped"]
    #expect(skipped?["programs"]?.array?.first?["count"]?.number == 1)
  }

  @Test("info tells all of a record, and the command to type next")
  func info() throws {
    let sample = try Self.sample()
    let text = try Self.capture(["info", "new"], sample.store).text
    #expect(text.contains(": whole, captured by coresalvage\n"))
    #expect(text.contains("  when      2025-11-29 06:27:32.000000 UTC\n"), "\(text)")
    #expect(text.contains("next: gdb -c \(sample.store)/new.1000.-.101."), "\(text)")
    #expect(text.contains("\nneeds: /usr/bin/new, to name functions ("), "\(text)")
    let all = try Self.capture(["info"], sample.store).text
    #expect(all.contains("next: coresalvage restore ") && !all.contains("\u{1b}"))
    #expect(all.components(of: "next: ") == 2)
  }

  @Test("dump gives the newest core that matches, byte for byte, archived or not")
  func dump() throws {
    let sample = try Self.sample()
    let newest = try Self.capture(["dump"], sample.store)
    #expect(newest.ending == .exit(0) && newest.output == sample.new)
    let output = sample.folder.file("out")
    #expect(
      try Self.capture(["dump", "100", "-o", output.string], sample.store).ending == .exit(0))
    #expect(try ReferenceSource.contents(of: output) == sample.old)
    #expect(FileIdentity(at: output, followingLinks: false)!.mode & 0o007 == 0)
    #expect(try Self.capture(["dump", "-o", output.string], sample.store).ending == .exit(3))
    #expect(
      try Self.capture(["dump", "-qo", output.string, "--force"], sample.store).ending == .exit(0))
    #expect(try ReferenceSource.contents(of: output) == sample.new)
    #expect(FileIdentity(at: output, followingLinks: false)?.mode == S_IFREG | 0o600)
  }

  @Test("dump refuses a terminal, and a core that is being taken")
  func refused() throws {
    let sample = try Self.sample()
    var tool = Tool.coresalvage(["capture", "dump", "--store", sample.store])
    tool.output = .terminal
    #expect(try tool.run().ending == .exit(64))
    let name = try FileTree.names(in: FilePath(sample.store)).first { $0.hasSuffix(".core") }!
    let held = String(name.dropLast(".core".count)) + ".capturing"
    let path = FilePath(sample.store).appending(held)
    #expect(rename(FilePath(sample.store).appending(name).string, path.string) == 0)
    let file = try FileDescriptor.open(path, .readWrite)
    defer { try? file.close() }
    #expect(flock(file.rawValue, LOCK_EX) == 0)
    let result = try Self.capture(["dump"], sample.store)
    #expect(result.ending == .exit(3) && result.output.isEmpty)
    #expect(result.errorText.contains("still being taken"), "\(result)")
    #expect(try Self.capture(["list", "new"], sample.store).text.contains("unfinished"))
  }

  @Test(
    "say so where no core matches, and where there is no store",
    arguments: ["list", "info", "dump"])
  func none(_ command: String) throws {
    let sample = try Self.sample()
    for words in [["nobody"], ["--since", "-2h"], ["--until", "@5"], ["new", "100"]] {
      let result = try Self.capture([command] + words, sample.store)
      #expect(result.ending == .exit(1) && result.errorText == "coresalvage: no core matches\n")
    }
    // JSON has it as any failure.
    if command != "dump" {
      // What was too much to capture is an object before it.
      let json = try Self.capture([command, "nobody", "--json"], sample.store)
      let told = try ParsedJSON(json.text.split(separator: "\n").last.map(String.init) ?? "")
      #expect(told["error"]?.string == "no core matches" && told["status"]?.number == 1)
      let quiet = try Self.capture([command, "nobody", "--json", "-q"], sample.store)
      #expect(quiet.output.isEmpty && quiet.errorText.isEmpty && quiet.ending == .exit(1))
    }
    let missing = try Self.capture([command], sample.folder.file("no").string)
    #expect(missing.ending == .exit(3))
    #expect(missing.errorText.hasSuffix("no: open the store: No such file or directory\n"))
    #expect(try Self.capture([command, "--since", "tomorrow"], sample.store).ending == .exit(64))
  }
}

extension String {
  fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
