import Glibc
import SystemPackage
import Testing
import TestSupport

/// Every core below a folder, by one run.
@Suite("a batch")
struct BatchTests {
  private static func batch(_ input: FilePath, _ output: FilePath, _ more: String...) -> Tool {
    Tool.coresalvage(["batch", input.string, "--output", output.string, "--recursive"] + more)
  }

  @Test("of 2,000 files of every kind gives each core what it gives alone, and counts all of them")
  func everyKind() throws {
    let crowd = try BatchCrowd(cuts: 1880)
    let output = crowd.folder.file("out")
    let result = try Self.batch(crowd.input, output, "--json", "--jobs", "3").run()
    #expect(result.ending == .exit(1), "\(crowd.hopeless.count) are hopeless")
    let problems = try crowd.problems(of: output)
    #expect(problems.isEmpty, "\(problems.prefix(5))")
    let told = try BatchOutput(result)
    #expect(told.count("repaired") == crowd.due.count)
    #expect(told.count("whole") == crowd.whole.count)
    #expect(told.count("beyondRepair") == crowd.hopeless.count)
    #expect(told.count("other") == crowd.others)
    #expect(told.count("unread") == crowd.unread && told.count("empty") == crowd.empty)
    #expect(told.count("special") == crowd.specials)
    #expect(told.count("failed") == 0)
    #expect(told.summary?["seen"]?.number == Double(crowd.fileCount))
    #expect(told.records("repaired").count == crowd.due.count)
    #expect(told.lines.first?["event"]?.string == "survey")
    #expect(try #require(told.lines.first?["cores"]?.number) >= Double(crowd.due.count))
    // Names reach a terminal or a log as they are safe to be shown.
    #expect(!result.output.contains { $0 < 0x20 && $0 != 0x0a || $0 >= 0x7f })

    let again = try BatchOutput(Self.batch(crowd.input, output, "--json").run())
    #expect(again.count("present") == crowd.due.count)
    #expect(again.count("repaired") == 0)
  }

  @Test("while files vanish and grow ends, and counts what it has seen")
  func movingTarget() throws {
    let crowd = try BatchCrowd(cuts: 300)
    let names = crowd.due.keys.sorted().filter {
      FileTree.exists(crowd.input.appending($0))
    }
    let running = try RunningTool(
      Self.batch(crowd.input, crowd.folder.file("out"), "--json", "--jobs", "2"))
    for (number, name) in names.enumerated() where number % 3 == 0 {
      let path = crowd.input.appending(name)
      if number % 2 == 0 {
        unlink(path.string)
      } else if let file = try? FileDescriptor.open(path, .writeOnly, options: .append) {
        _ = try? file.closeAfter { try file.writeAll([UInt8](repeating: 7, count: 5000)) }
      }
    }
    let result = try running.finish()
    #expect(!result.timedOut)
    let told = try BatchOutput(result)
    let seen = try #require(told.summary?["seen"]?.number)
    #expect(Int(seen) <= crowd.fileCount)
    // Those that nobody touched are as they should be.
    let problems = try crowd.problems(of: crowd.folder.file("out"))
    let touched = Set(names.enumerated().filter { $0.offset % 3 == 0 }.map(\.element))
    let wrong = problems.filter { problem in !touched.contains { problem.hasPrefix($0) } }
    #expect(wrong.isEmpty, "\(wrong.prefix(5))")
  }

  @Test("lists a file that can't be read, and does the others")
  func unreadable() throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let output = try folder.makeFolder("out")
    let bytes = Array(CoreBuilder.typical().build().bytes.dropLast(5000))
    for name in ["a", "b", "c"] { try folder.write(bytes, to: "in/\(name)") }
    chmod(input.appending("b").string, 0)
    var tool = Self.batch(input, output, "--json")
    if getuid() == 0 {
      try Need.otherUser.require()
      for path in [folder.path, input, output] { chmod(path.string, 0o777) }
      for name in ["a", "c"] { chmod(input.appending(name).string, 0o644) }
      tool = try OtherUser.command(tool.arguments, in: folder)
    }
    let result = try tool.run()
    #expect(result.ending == .exit(1), "\(result)")
    let told = try BatchOutput(result)
    #expect(told.records("failed").count == 1)
    #expect(told.records("failed").first?["error"]?.string?.contains("Permission denied") == true)
    #expect(try FileTree.names(in: output) == ["a", "c"])
  }

  @Test(
    "takes packed cores too, cut ones and streams that are cut, and unpacks none twice",
    .needs(.tool("zstd"), .tool("lz4")))
  func packed() throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let output = folder.file("out")
    let whole = CoreBuilder.typical().build().bytes
    let cut = try folder.write(Array(whole.dropLast(9000)), to: "cut")
    let full = try folder.write(whole, to: "full")
    func pack(_ tool: String, _ core: FilePath, _ name: String) throws {
      let target = tool == "lz4" ? [] : ["-o"]
      try Tool(tool, ["-q", "-f", core.string] + target + [input.appending(name).string])
        .runSuccessfully()
    }
    try pack("zstd", cut, "a.core.zst")
    try pack("lz4", cut, "b.core.lz4")
    try pack("zstd", full, "full.zst")
    // Of a stream that is cut, whole blocks of 128 KiB come back.
    var random = SeededGenerator(seed: 3)
    var long = CoreBuilder.typical()
    long.segments.append(BuilderSegment(at: 0x7fff_0000_0000, random.nonZeroBytes(1 << 19)))
    try pack("zstd", folder.write(long.build().bytes, to: "long"), "stream.whole")
    let stream = try ReferenceSource.contents(of: input.appending("stream.whole"))
    unlink(input.appending("stream.whole").string)
    try folder.write(Array(stream.dropLast(stream.count / 3)), to: "in/stream.core.zst")
    try folder.write(Array("no core".utf8), to: "text")
    try pack("zstd", folder.file("text"), "text.zst")

    let told = try BatchOutput(Self.batch(input, output, "--json").run())
    #expect(told.count("repaired") == 3 && told.count("whole") == 1 && told.count("other") == 1)
    #expect(try FileTree.names(in: output) == ["a.core", "b.core", "stream.core"])
    for (core, name) in [
      (cut, "a.core"), (cut, "b.core"), (input.appending("stream.core.zst"), "stream.core"),
    ] {
      let alone = folder.file("alone")
      try Tool.coresalvage(core.string, alone.string, "--force").runSuccessfully()
      let bytes = try ReferenceSource.contents(of: alone)
      #expect(try ReferenceSource.contents(of: output.appending(name)) == bytes, "\(name)")
    }
    let again = try BatchOutput(Self.batch(input, output, "--json").run())
    #expect(again.count("present") == 3 && again.count("repaired") == 0)
    // Packed anew, of another core: what is there is of another input.
    try Tool("sleep", ["0.02"]).runSuccessfully()
    let other = try folder.write(Array(whole.dropLast(5000)), to: "other")
    try FileTree.setModified(other, microseconds: FileTree.modified(cut) + 1_000_000)
    try pack("zstd", folder.file("other"), "a.core.zst")
    #expect(try BatchOutput(Self.batch(input, output, "--json").run()).count("repaired") == 1)
    // Once its output is verified, a packed input can go.
    try Self.batch(input, output, "--delete-input", "--quiet").runSuccessfully()
    #expect(try FileTree.names(in: input) == ["full.zst", "text.zst"])
  }

  @Test("archives every core, whole ones too, as `archive` does, and reads archives as cores")
  func archives() throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let output = folder.file("out")
    let whole = CoreBuilder.typical().build().bytes
    try folder.write(Array(whole.dropLast(9000)), to: "in/cut.core")
    try folder.write(whole, to: "in/whole")
    try folder.write(Array("text".utf8), to: "in/text")
    let tool = Self.batch(input, output, "--archive", "--json")
    let told = try BatchOutput(tool.run())
    #expect(told.count("archived") == 2 && told.count("other") == 1)
    #expect(try FileTree.names(in: output) == ["cut.core.lz4", "whole.core.lz4"])
    for (name, archive) in [("cut.core", "cut.core.lz4"), ("whole", "whole.core.lz4")] {
      let alone = folder.file("alone")
      try Tool.coresalvage("archive", input.appending(name).string, alone.string, "--force")
        .runSuccessfully()
      let bytes = try ReferenceSource.contents(of: alone)
      #expect(try ReferenceSource.contents(of: output.appending(archive)) == bytes, "\(name)")
    }
    #expect(try BatchOutput(tool.run()).count("present") == 2)
    try folder.write(Array(whole.dropLast(5000)), to: "in/cut.core")
    let changed = try BatchOutput(tool.run())
    #expect(changed.count("archived") == 1 && changed.count("present") == 1)

    // An archive is a core like any other.
    let restored = folder.file("restored")
    let back = try BatchOutput(Self.batch(output, restored, "--json", "--whole", "copy").run())
    #expect(back.count("copied") == 2)
    #expect(try ReferenceSource.contents(of: restored.appending("whole.core")) == whole)

    // A damaged archive is found before its input goes.
    let damaged = output.appending("cut.core.lz4")
    let middle = try FileTree.size(damaged) / 2
    let file = try FileDescriptor.open(damaged, .readWrite)
    try file.closeAfter { _ = try file.writeAll(toAbsoluteOffset: Int64(middle), [1, 2, 3, 4, 5]) }
    let result = try Self.batch(input, output, "--archive", "--delete-input").run()
    #expect(result.ending == .exit(1), "\(result)")
    #expect(try FileTree.names(in: input) == ["cut.core", "text"])
  }

  @Test("in place repairs each core itself, once, and undo takes it back")
  func inPlace() throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let whole = CoreBuilder.typical().build().bytes
    let cut = Array(whole.dropLast(9000))
    for name in ["a", "b"] { try folder.write(cut, to: "in/\(name)") }
    try folder.write(whole, to: "in/whole")
    try folder.write(cut, to: "alone")
    try Tool.coresalvage("--in-place", folder.file("alone").string).runSuccessfully()
    let tool = Tool.coresalvage("batch", input.string, "--in-place", "--json")
    let told = try BatchOutput(tool.run())
    #expect(told.count("repaired") == 2 && told.count("whole") == 1)
    #expect(try FileTree.names(in: input) == ["a", "b", "whole"])
    let alone = try ReferenceSource.contents(of: folder.file("alone"))
    for name in ["a", "b"] {
      #expect(try ReferenceSource.contents(of: input.appending(name)) == alone)
    }
    #expect(try BatchOutput(tool.run()).count("whole") == 3)
    try Tool.coresalvage("undo", input.appending("a").string).runSuccessfully()
    #expect(try ReferenceSource.contents(of: input.appending("a")) == cut)
    for wrong in [["--output", "x"], ["--whole", "copy"], ["--delete-input"]] {
      let result = try Tool.coresalvage(["batch", input.string, "--in-place"] + wrong).run()
      #expect(result.ending == .exit(64), "\(wrong)")
    }
  }

  @Test("does whole cores as it is told, and knows its copies again")
  func wholeCores() throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let bytes = CoreBuilder.typical().build().bytes
    try folder.write(bytes, to: "in/a")
    for (kind, outcome) in [("skip", "whole"), ("copy", "copied"), ("link", "linked")] {
      let output = folder.file(kind)
      let result = try Self.batch(input, output, "--json", "--whole", kind).run()
      #expect(result.ending == .exit(0), "\(result)")
      #expect(try BatchOutput(result).count(outcome) == 1)
      #expect(try FileTree.names(in: output) == (kind == "skip" ? [] : ["a"]))
      guard kind != "skip" else { continue }
      #expect(try ReferenceSource.contents(of: output.appending("a")) == bytes)
      let links = try FileTree.status(output.appending("a")).st_ino
      #expect(try (links == FileTree.status(input.appending("a")).st_ino) == (kind == "link"))
      let again = try Self.batch(input, output, "--json", "--whole", kind).run()
      #expect(try BatchOutput(again).count("present") == 1)
    }
  }

  @Test("replaces the output of an input that has changed, and no file that isn't ours")
  func changedInput() throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let output = folder.file("out")
    let bytes = CoreBuilder.typical().build().bytes
    try folder.write(Array(bytes.dropLast(9000)), to: "in/a")
    try Self.batch(input, output).runSuccessfully()
    let first = try ReferenceSource.contents(of: output.appending("a"))
    try folder.write(Array(bytes.dropLast(5000)), to: "in/a")
    #expect(try BatchOutput(Self.batch(input, output, "--json").run()).count("repaired") == 1)
    #expect(try ReferenceSource.contents(of: output.appending("a")) != first)
    // Other options make another output too.
    let told = try BatchOutput(Self.batch(input, output, "--json", "--lost", "zero").run())
    #expect(told.count("repaired") == 1)

    try folder.write(Array("mine".utf8), to: "out/a")
    let refused = try Self.batch(input, output).run()
    #expect(refused.ending == .exit(1))
    #expect(refused.errorText.contains("exists already"), "\(refused)")
    #expect(try ReferenceSource.contents(of: output.appending("a")) == Array("mine".utf8))
    try Self.batch(input, output, "--force").runSuccessfully()
    #expect(try ReferenceSource.contents(of: output.appending("a")).count > 1000)
  }

  @Test("removes inputs once their outputs are found right, and no other")
  func deleteInput() throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let output = folder.file("out")
    let bytes = CoreBuilder.typical().build().bytes
    try folder.write(Array(bytes.dropLast(9000)), to: "in/cut")
    try folder.write(bytes, to: "in/whole")
    try folder.write(Array("text".utf8), to: "in/text")
    // An output that is there, and has been damaged since.
    try folder.write(Array(bytes.dropLast(7000)), to: "in/damaged")
    try Self.batch(input, output).runSuccessfully()
    let damaged = output.appending("damaged")
    let file = try FileDescriptor.open(damaged, .writeOnly)
    try file.closeAfter { _ = try file.writeAll(toAbsoluteOffset: 0x2000, [1, 2, 3]) }
    FileTree.remove(output.appending("cut"))

    let result = try Self.batch(input, output, "--delete-input", "--json").run()
    #expect(result.ending == .exit(1), "\(result)")
    #expect(try FileTree.names(in: input) == ["damaged", "text", "whole"])
    #expect(try FileTree.names(in: output) == ["cut", "damaged"])
    let told = try BatchOutput(result)
    #expect(told.summary?["inputsDeleted"]?.number == 1)
    #expect(
      told.records("failed").first?["error"]?.string?.contains("not what was written") == true)

    // The only output of a core whose input is gone is not replaced.
    try folder.write(Array(bytes.dropLast(5000)), to: "in/cut")
    let before = try ReferenceSource.contents(of: output.appending("cut"))
    let apart = try Self.batch(input, output, "--delete-input").run()
    #expect(apart.text.contains("its usual name is another output's"), "\(apart)")
    #expect(try ReferenceSource.contents(of: output.appending("cut")) == before)
    #expect(try FileTree.names(in: output).filter { $0.hasPrefix("cut.") }.count == 1)
    #expect(try FileTree.names(in: input) == ["damaged", "text", "whole"])
  }

  @Test(
    "on a full disk stops, keeps what is whole, says what is left, and ends with status 3",
    .needs(.mounts))
  func fullDisk() throws {
    let crowd = try BatchCrowd(cuts: 60)
    let output = try crowd.folder.makeFolder("small")
    let mounted = try Tool("mount", ["-t", "tmpfs", "-o", "size=600k", "none", output.string]).run()
    try #require(mounted.ending == .exit(0), "\(mounted)")
    defer { _ = try? Tool("umount", [output.string]).run() }
    let result = try Self.batch(crowd.input, output, "--json").run()
    #expect(result.ending == .exit(3), "\(result)")
    let told = try BatchOutput(result)
    let left = try #require(told.summary?["left"]?["cores"]?.number)
    let repaired = try #require(told.count("repaired"))
    #expect(repaired > 0)
    let hopeless = Double(crowd.hopeless.count)
    #expect(Double(repaired) + left >= Double(crowd.due.count) && left - hopeless > 0)
    // Nothing but whole outputs is there; with room, another run does the rest.
    let problems = try crowd.problems(of: output).filter { !$0.hasSuffix("is missing") }
    #expect(problems.isEmpty, "\(problems.prefix(5))")
    try Tool("mount", ["-o", "remount,size=100m", output.string]).runSuccessfully()
    #expect(try Self.batch(crowd.input, output, "--quiet").run().ending == .exit(1))
    #expect(try crowd.problems(of: output).isEmpty)
  }

  @Test("writes nothing through a link in its output folder")
  func linkInOutput() throws {
    let folder = try ScratchFolder()
    _ = try folder.makeFolder("in")
    let below = try folder.makeFolder("in/below")
    _ = try folder.makeFolder("elsewhere")
    let output = try folder.makeFolder("out")
    try folder.write(Array(CoreBuilder.typical().build().bytes.dropLast(9000)), to: "in/below/a")
    symlink("../elsewhere", output.appending("below").string)
    let result = try Self.batch(below.removingLastComponent(), output).run()
    #expect(result.ending == .exit(1), "\(result)")
    #expect(result.errorText.contains("is a symbolic link"), "\(result)")
    #expect(try FileTree.names(in: folder.file("elsewhere")) == [])
  }

  @Test("takes what is asked for by name, and leaves its own output folder out")
  func selection() throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let output = try folder.makeFolder("in/out")
    let bytes = Array(CoreBuilder.typical().build().bytes.dropLast(9000))
    for name in ["a.core", "b.dump", "c.core"] { try folder.write(bytes, to: "in/\(name)") }
    try Self.batch(input, output, "--match", "*.core").runSuccessfully()
    #expect(try FileTree.names(in: output) == ["a.core", "c.core"])
    let all = try BatchOutput(Self.batch(input, output, "--json").run())
    #expect(all.count("present") == 2 && all.count("repaired") == 1)
    #expect(all.summary?["seen"]?.number == 3)
    let same = try Self.batch(input, input).run()
    #expect(same.ending == .exit(3), "\(same)")
  }

  @Test("of shards does every file once")
  func shards() throws {
    let crowd = try BatchCrowd(cuts: 100)
    let output = crowd.folder.file("out")
    var repaired = 0
    for shard in ["1/3", "2/3"] {
      let told = try BatchOutput(
        Self.batch(crowd.input, output, "--json", "--shard", shard).run())
      #expect(told.count("present") == 0)
      repaired += told.count("repaired") ?? 0
    }
    var tool = Self.batch(crowd.input, output, "--json", "--shard", "auto")
    tool.environment = ["JOB_COMPLETION_INDEX": "2", "JOB_COMPLETION_COUNT": "3"]
    repaired += try BatchOutput(tool.run()).count("repaired") ?? 0
    #expect(repaired == crowd.due.count)
    #expect(try crowd.problems(of: output).isEmpty)
    for wrong in ["0/3", "4/3", "x", "auto"] {
      #expect(try Self.batch(crowd.input, output, "--shard", wrong).run().ending == .exit(64))
    }
  }

  @Test("shows a bar on a terminal, and takes it away")
  func terminal() throws {
    let crowd = try BatchCrowd(cuts: 400)
    var tool = Self.batch(crowd.input, crowd.folder.file("out"))
    tool.output = .terminal
    tool.errorOutput = .terminal
    let result = try tool.run()
    #expect(result.ending == .exit(1))
    #expect(result.text.contains("repaired       \(crowd.due.count)"), "\(result)")
    #expect(!result.text.contains("repaired       /"))
    #expect(result.errorText.contains("\u{1b}[J"), "\(result)")
    #expect(!result.errorText.contains("\u{1b}[31m"))
  }
}
