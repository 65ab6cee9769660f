import CoreIO
import SystemPackage
import TestSupport
import Testing

/// What the options of a repair change, and what it prints.
@Suite("a repair")
struct RepairOptionTests {
  private static let bytes = CoreBuilder.typical().build().cut(to: 20_000)

  private struct Run {
    let folder: ScratchFolder
    let result: ToolResult
    let names: [String]
  }

  private static func run(_ arguments: [String], bytes: [UInt8] = bytes) throws -> Run {
    let folder = try ScratchFolder()
    // As old in each run.
    let core = try folder.write(bytes, to: "in.core")
    try FileTree.setModified(core, microseconds: 1_700_000_000_000_000)
    var tool = Tool.coresalvage(arguments)
    tool.folder = folder.path
    return Run(folder: folder, result: try tool.run(), names: try folder.names())
  }

  @Test("tells the program, its signal, machine, threads, what survived and what to type next")
  func report() throws {
    let run = try Self.run(["in.core", "out.core"])
    #expect(run.result.ending == .exit(0))
    #expect(run.result.errorOutput.isEmpty)
    for words in [
      "in.core: cut after 20.0 kB of", "typical, x86-64, pid 4242, ended by SIGSEGV",
      "3 threads", "survived", "segments whole", "lost", "repaired core written to out.core",
      "next: gdb", "out.core",
    ] {
      #expect(run.result.text.contains(words), "no \(words) in \(run.result)")
    }
  }

  @Test("is the same with and without its name")
  func subcommandName() throws {
    let plain = try Self.run(["in.core", "out.core"])
    let named = try Self.run(["repair", "in.core", "out.core"])
    #expect(plain.result.text == named.result.text)
    let first = try ReferenceSource.contents(of: plain.folder.file("out.core"))
    #expect(try ReferenceSource.contents(of: named.folder.file("out.core")) == first)
  }

  @Test("with --quiet says nothing, and errors all the same", arguments: ["--quiet", "-q"])
  func quiet(option: String) throws {
    let run = try Self.run(["in.core", "out.core", option])
    #expect(run.result.ending == .exit(0))
    #expect(run.result.output.isEmpty && run.result.errorOutput.isEmpty)
    #expect(run.names == ["in.core", "out.core"])
    let failed = try Self.run(["missing.core", "out.core", option])
    #expect(failed.result.ending == .exit(3) && !failed.result.errorOutput.isEmpty)
  }

  @Test("with --dry-run prints the plan and writes nothing", arguments: ["--dry-run", "-n"])
  func dryRun(option: String) throws {
    for arguments in [["in.core", "out.core", option], ["in.core", option]] {
      let run = try Self.run(arguments)
      #expect(run.result.ending == .exit(0), "\(run.result)")
      #expect(run.names == ["in.core"])
      for words in ["the output would have", "from the input", "new bytes", "a hole"] {
        #expect(run.result.text.contains(words), "\(run.result)")
      }
      #expect(!run.result.text.contains("next:"), "\(run.result)")
    }
  }

  @Test("with --json prints one valid object with the same facts")
  func json() throws {
    for arguments in [["in.core", "out.core", "--json"], ["in.core", "--dry-run", "--json"]] {
      let run = try Self.run(arguments)
      let isDry = arguments.contains("--dry-run")
      #expect(run.result.text.split(separator: "\n").count == 1)
      let value = try ParsedJSON(run.result.text)
      #expect(value["input"]?.string == "in.core")
      #expect(value["sizeFound"]?.number == 20_000)
      #expect(value["whole"]?.bool == false)
      #expect(value["machine"]?.string == "x86-64")
      #expect(value["pid"]?.number == 4242)
      #expect(value["signal"]?.number == 11)
      #expect(value["threads"]?.array?.map { $0["tid"]?.number } == [4242, 4243, 4244])
      #expect(value["output"]?.string == (isDry ? nil : "out.core"))
      let lost = try #require(value["lost"]?.array)
      #expect(!lost.isEmpty)
      for entry in lost {
        #expect(entry["address"]?.string?.hasPrefix("0x") == true)
        #expect(entry["what"]?.string?.isEmpty == false)
        #expect(entry["state"]?.string == "dropped")
        #expect(entry["cause"]?.string == "past end of file")
      }
      if !isDry {
        let size = try FileTree.size(run.folder.file("out.core"))
        #expect(value["outputSize"]?.number == Double(size))
        let core = try ReferenceCore(contentsOf: run.folder.file("out.core"))
        let listed = try #require(try core.lost()).entries
        #expect(lost.map { $0["length"]?.number } == listed.map { Double($0.length) })
        #expect(lost.map { $0["offset"]?.number } == listed.map { Double($0.offset) })
      }
    }
  }

  @Test("with --lost and --extend says in ORIGIN what it did", arguments: ["drop", "zero", "pad"])
  func lost(value: String) throws {
    let run = try Self.run(["in.core", "out.core", "--lost", value])
    #expect(run.result.ending == .exit(0))
    let core = try ReferenceCore(contentsOf: run.folder.file("out.core"))
    let states: [String: UInt32] = ["drop": 1, "zero": 2, "pad": 3]
    #expect(try core.lost()?.memory.allSatisfy { $0.state == states[value] } == true)
    let origin = try ParsedJSON(try #require(try core.origin()))
    #expect(origin["sizeFound"]?.number == 20_000)
    #expect(origin["tool"]?.string == "coresalvage \(SalvageVersion.current)")
    #expect(origin["options"]?["lost"]?.string == (value == "drop" ? nil : value))
  }

  @Test("with --lost pad and --sparse never has real zeros where memory is lost")
  func realZeros() throws {
    let run = try Self.run(["in.core", "out.core", "--lost", "pad", "--sparse", "never"])
    let output = run.folder.file("out.core")
    #expect(try FileTree.allocated(output) >= FileTree.size(output))
  }

  @Test(
    "with --reflink always on a file system that can't is refused and leaves nothing",
    .needs(.path("/dev/shm")))
  func reflinkAlways() throws {
    let folder = try ScratchFolder(in: .memory)
    let input = try folder.write(Self.bytes, to: "in.core")
    let result = try Tool.coresalvage(
      input.string, folder.file("out").string, "--reflink", "always"
    ).run()
    #expect(result.ending == .exit(3))
    #expect(result.errorText.contains("--reflink always"), "\(result)")
    #expect(try folder.names() == ["in.core"])
    let plain = try Tool.coresalvage(
      input.string, folder.file("out").string, "--reflink", "never"
    ).run()
    #expect(plain.ending == .exit(0))
  }

  @Test(
    "with wrong usage ends with status 64 and writes nothing",
    arguments: [
      [], ["in.core"], ["in.core", "a", "b"], ["--nonsense", "in.core", "out"],
      ["in.core", "out", "--lost", "everything"], ["in.core", "out", "--sparse"],
      ["in.core", "out", "--extend", "none", "--lost", "pad"], ["--json", "note", "out"], ["note"],
    ])
  func wrongUsage(arguments: [String]) throws {
    let run = try Self.run(arguments)
    #expect(run.result.ending == .exit(64), "\(arguments): \(run.result)")
    #expect(run.result.output.isEmpty != arguments.contains("--json"))
    #expect(!run.result.errorOutput.isEmpty)
    #expect(run.names == ["in.core"])
  }

  @Test("of a core with a hostile command line prints no control character of it")
  func hostileText() throws {
    var builder = CoreBuilder.typical()
    let path = "/bin/\u{1b}]0;gotcha\u{7}\u{202e}\nx"
    builder.notes[1] = .process(
      4242, name: "a\u{1b}[2Jb", arguments: "x \u{1b}[31m\n", of: .x86_64)
    builder.notes.append(.auxiliaryVector([(9, 0x40_0000)], builder.machine.format))
    builder.notes.append(
      .files(
        [ReferenceMapping(range: 0x40_0000..<0x40_4000, fileOffset: 0, path: path)],
        builder.machine.format))
    let bytes = builder.build().bytes.dropLast(5000)
    for option in ["--json", "--force"] {
      let run = try Self.run(["in.core", "out.core", option], bytes: Array(bytes))
      #expect(run.result.ending == .exit(0), "\(run.result)")
      #expect(run.result.output.allSatisfy { $0 == 10 || (0x20..<0x7f).contains($0) })
    }
  }

  @Test(
    "of a due size of terabytes, as a sanitizer's, is a word, and --extend none leaves the hole out"
  )
  func terabytes() throws {
    let folder = try ScratchFolder()
    for (size, isTold) in [(UInt64(2) << 40, true), (UInt64(900) << 30, false)] {
      var core = CoreBuilder.typical().build()
      // The last segment: p_filesz and p_memsz.
      let entry = core.tableRange.upperBound - 56
      for place in [entry + 32, entry + 40] {
        for byte in 0..<8 {
          core.bytes[place + byte] = UInt8(truncatingIfNeeded: size >> UInt64(8 * byte))
        }
      }
      let input = try folder.write(core.bytes, to: "in.core")
      let output = folder.file("out.core")
      for options in [[], ["-n"], ["--extend", "none"]] {
        let result = try Tool.coresalvage(
          ["-f"] + options + [input.string, output.string]
        ).runSuccessfully()
        guard options.count < 2 else { continue }
        #expect(
          result.text.contains("is mostly a hole") == isTold
            && result.text.contains("--extend none leaves it out") == isTold, "\(options) \(result)"
        )
      }
      // What it says is so.
      #expect(try FileTree.size(output) < 100_000)
      #expect(try ReferenceCore(contentsOf: output).threadIDs.count == 3)
    }
  }
}
