import Glibc
import SystemPackage
import TestSupport
import Testing

/// Options that several commands have: everywhere by the same name, and with the same meaning.
@Suite("an option of several commands")
struct SharedOptionTests {
  private struct Place {
    let folder = try? ScratchFolder()
    let core: FilePath
    let archive: FilePath
    let repaired: FilePath

    init() throws {
      let folder = try #require(folder)
      core = try folder.write(CoreBuilder.typical().build().cut(to: 20_000), to: "in.core")
      archive = folder.file("in.core.lz4")
      repaired = folder.file("repaired.core")
      try Tool.coresalvage("archive", "-q", core.string, archive.string).runSuccessfully()
      try Tool.coresalvage("-q", core.string, repaired.string).runSuccessfully()
    }

    /// Each command that writes one file, with its input and a name that its output may have.
    var writers: [(verb: [String], input: FilePath, output: FilePath)] {
      get throws {
        let folder = try #require(folder)
        return [
          ([], core, folder.file("a.core")), (["repair"], core, folder.file("b.core")),
          (["slim"], core, folder.file("c.core")),
          (["archive"], core, folder.file("d.core.lz4")),
          (["bundle"], core, folder.file("e.tar.zst")),
          (["restore"], archive, folder.file("f.core")),
        ]
      }
    }

    /// All names and bytes in the folder.
    func contents() throws -> [String: [UInt8]] {
      let folder = try #require(folder)
      return try Dictionary(
        uniqueKeysWithValues: BatchCrowd.files(below: folder.path).map {
          ($0, try ReferenceSource.contents(of: folder.file($0)))
        })
    }
  }

  @Test("-o names the output as the operand does, and not both may")
  func output() throws {
    let place = try Place()
    for (verb, input, output) in try place.writers {
      try Tool.coresalvage(verb + ["-q", input.string, output.string]).runSuccessfully()
      let due = try ReferenceSource.contents(of: output)
      for words in [["-o", output.string], ["--output", output.string], ["-o\(output)"]] {
        FileTree.remove(output)
        try Tool.coresalvage(verb + ["-q"] + words + [input.string]).runSuccessfully()
        #expect(try ReferenceSource.contents(of: output) == due, "\(verb) \(words)")
      }
      let both = try Tool.coresalvage(
        verb + [input.string, output.string, "-f", "-o", "other.core.tar.zst"]
      ).run()
      #expect(both.ending == .exit(64) && both.errorText.contains("named twice"), "\(both)")
    }
  }

  @Test("-f replaces an output, and nothing else does")
  func force() throws {
    let place = try Place()
    for (verb, input, output) in try place.writers {
      try place.folder?.write([1, 2, 3], to: output.lastComponent?.string ?? "")
      let refused = try Tool.coresalvage(verb + ["--json", input.string, output.string]).run()
      #expect(refused.ending == .exit(3), "\(verb) \(refused)")
      #expect(refused.errorText.contains("--force replaces it"), "\(refused)")
      #expect(try ReferenceSource.contents(of: output) == [1, 2, 3])
      try Tool.coresalvage(verb + ["-q", "-f", input.string, output.string]).runSuccessfully()
      #expect(try ReferenceSource.contents(of: output).count > 3)
    }
  }

  @Test("-n changes and writes nothing, not even a folder, and tells all the same")
  func dryRun() throws {
    let place = try Place()
    let folder = try #require(place.folder)
    let before = try place.contents()
    func check(_ words: [String]) throws {
      for option in ["-n", "--dry-run"] {
        var tool = Tool.coresalvage(words + [option])
        tool.folder = folder.path
        let result = try tool.run()
        #expect(result.ending == .exit(0) && !result.text.isEmpty, "\(words) \(result)")
        #expect(try place.contents() == before, "\(words)")
      }
    }
    for (verb, input, output) in try place.writers {
      try check(verb + [input.string, output.string])
      try check(verb + [input.string])
      try check(verb + [input.string, "-"])
    }
    try check(["undo", place.repaired.string])
    let batch = ["batch", place.core.string, folder.path.string]
    try check(batch + ["-o", folder.file("out").string])
    try check(batch + ["-o", folder.file("out").string, "--delete-input", "--whole", "copy"])
    try check(batch + ["-o", folder.file("out").string, "--archive", "--report", "r.html"])
    try check(["batch", place.core.string, "--in-place"])
    #expect(!FileTree.exists(folder.file("out")))
  }

  @Test("-n says what would be refused, and what helps, with the status that it had")
  func foreseen() throws {
    let place = try Place()
    let folder = try #require(place.folder)
    let before = try place.contents().count
    for (verb, input, output) in try place.writers {
      func refusal(_ words: [String]) throws -> String? {
        let words = verb + ["-n", input.string] + words
        let told = try Tool.coresalvage(words).run()
        let json = try Tool.coresalvage(words + ["--json"]).run()
        #expect(told.ending == .exit(0) && json.ending == .exit(0), "\(told) \(json)")
        let line = told.lines.last { $0.hasPrefix("this would be refused: ") }
        let refusal = try ParsedJSON(json.text)["refusal"]
        #expect(refusal?.string == line.map { String($0.dropFirst(23)) }, "\(told) \(json)")
        #expect(refusal != nil, "\(json)")
        return refusal?.string
      }
      #expect(try refusal([output.string]) == nil)
      #expect(try refusal([]) == nil || verb == ["archive"])
      #expect(try refusal(["-"]) == nil)
      let missing = folder.file("none").appending(output.lastComponent ?? "x")
      #expect(
        try refusal([missing.string]) == "\(missing): there is no folder \(folder.file("none"))")
      let name = output.lastComponent?.string ?? ""
      try folder.write([1, 2, 3], to: name)
      #expect(try refusal([output.string]) == "\(output): exists already; --force replaces it")
      #expect(try refusal(["-f", output.string]) == nil)
      // And so it is.
      let real = try Tool.coresalvage(verb + [input.string, output.string]).run()
      #expect(real.errorText == "coresalvage: \(output): exists already; --force replaces it\n")
      FileTree.remove(output)
    }
    #expect(try place.contents().count == before)
  }

  @Test("-j says how much is done at once; --threads still does, and is in no help")
  func jobs() throws {
    let place = try Place()
    let folder = try #require(place.folder)
    for words in [["-j", "2"], ["-j2"], ["--jobs", "2"], ["--jobs=2"], ["--threads", "2"]] {
      for command in [
        ["archive", "-q", "-f", place.core.string, folder.file("x.lz4").string],
        ["restore", "-q", "-f", place.archive.string, folder.file("x").string],
        ["verify", "-q", place.archive.string],
        ["batch", "-q", "-f", place.core.string, "-o", folder.file("out").string],
      ] {
        try Tool.coresalvage(command + words).runSuccessfully()
        let wrong = try Tool.coresalvage(
          command + [words[0].hasPrefix("-j") ? "-j0" : "\(words[0].prefix { $0 != "=" })=0"]
        ).run()
        #expect(wrong.ending == .exit(64) && wrong.errorText.contains("1 to 1024"), "\(wrong)")
      }
    }
    for command in ["archive", "restore", "verify", "batch"] {
      let help = try Tool.coresalvage("help", command).runSuccessfully().text
      #expect(help.contains("-j, --jobs") && !help.contains("--threads"), "\(help)")
    }
  }

  @Test("--color says whether text has colours, whatever it goes to")
  func color() throws {
    let place = try Place()
    for (choice, environment) in [
      ("always", ["NO_COLOR": "1"]), ("always", [:]), ("never", [:]), ("auto", ["NO_COLOR": nil]),
      ("auto", ["NO_COLOR": "1"]),
    ] as [(String, [String: String?])] {
      var tool = Tool.coresalvage("inspect", "--color", choice, place.core.string)
      tool.environment = environment
      let text = try tool.run().output
      #expect(text.contains(0x1b) == (choice == "always"), "\(choice) in a pipe")
      tool.output = .terminal
      tool.environment["TERM"] = "xterm"
      let shown = try tool.run().output
      let isShown = choice == "always" || choice == "auto" && environment == ["NO_COLOR": nil]
      #expect(shown.contains(0x1b) == isShown, "\(choice) on a terminal")
    }
    // White on white is no colour.
    let core = try Tool.coresalvage("inspect", "--color=always", place.core.string).run().text
    for code in ["[37m", "[97m"] { #expect(!core.contains(code)) }
  }

  @Test("--verbose lists every lost range")
  func verbose() throws {
    let place = try Place()
    let usual = try Tool.coresalvage(place.core.string, "-n").run().text
    let more = try Tool.coresalvage(place.core.string, "-n", "-v").run().text
    let json = try ParsedJSON(Tool.coresalvage(place.core.string, "-n", "--json").run().text)
    let lost = try #require(json["lost"]?.array?.count)
    #expect(lost > 1)
    let lines = { (text: String) in text.split(separator: "\n").count }
    #expect(lines(more) == lines(usual) + lost + 2, "\(more)")
    let check = try Tool.coresalvage("check", "-v", place.core.string).run()
    #expect(lines(check.text) > 1, "\(check)")
  }

  @Test("is in the commands that it means something to, and refused by all others")
  func everywhere() throws {
    let place = try Place()
    let folder = try #require(place.folder)
    let writers = ["repair", "slim", "archive", "bundle", "restore"]
    let tellers = writers + ["undo", "verify", "inspect", "check", "note", "batch"]
    let captures = ["capture status", "capture list", "capture info"]
    let quiet = ["capture install", "capture uninstall"]
    let root = folder.file("root").string
    var usual = [
      "undo": ["-n", place.repaired.string], "inspect": [place.repaired.string],
      "check": [place.repaired.string], "note": [place.repaired.string],
      "cat": [place.repaired.string, Self.address, "16"],
      "verify": [place.archive.string],
      "batch": [place.core.string, "-f", "-o", folder.file("out").string],
      "capture status": [], "capture list": ["--store", folder.path.string],
      "capture info": ["--store", folder.path.string],
      "capture install": ["--mode", "pipe", "--root", root],
      "capture uninstall": ["--root", root],
    ]
    for (verb, input, output) in try place.writers where !verb.isEmpty {
      usual[verb[0]] = ["-f", input.string, output.string]
    }
    for (words, owners) in [
      (["-q"], tellers + captures + quiet), (["--json"], tellers + captures),
      (["-v"], writers + ["inspect", "check", "batch"]),
      (["--progress"], writers + ["verify", "batch"]),
      (["--no-progress"], writers + ["verify", "batch"]),
      (["--color", "never"], ["inspect"]),
    ] {
      for (command, arguments) in usual {
        let names = command.split(separator: " ").map(String.init)
        let result = try Tool.coresalvage(names + words + arguments).run()
        if owners.contains(command) {
          #expect(result.status ?? 99 <= 2, "\(command) \(words) \(result)")
          guard words == ["-q"], command != "capture status" else { continue }
          #expect(result.output.isEmpty, "\(command) -q \(result)")
        } else {
          #expect(result.ending == .exit(64), "\(command) \(words) \(result)")
          #expect(result.errorText.contains("has no option '\(words[0])'"), "\(result)")
        }
      }
    }
  }

  @Test("-v says more wherever it is taken")
  func verboseEverywhere() throws {
    let place = try Place()
    let folder = try #require(place.folder)
    // Of an archive only what is damaged has more to tell: its last block, which is not a table of it.
    var bytes = try ReferenceSource.contents(of: place.archive)
    bytes[bytes.count / 3] ^= 0x55
    let damaged = try folder.write(bytes, to: "damaged.core.lz4")
    try folder.write([1, 2, 3], to: "x.txt")
    for (command, words) in [
      ("repair", [place.core.string, "-n"]), ("slim", [place.core.string, "-n"]),
      ("archive", [place.core.string, "-n"]), ("bundle", [place.core.string, "-n"]),
      ("bundle", [place.core.string, folder.file("v.tar.zst").string, "-f"]),
      ("restore", [damaged.string, "-n"]), ("inspect", [place.core.string]),
      ("check", [place.core.string]),
      ("batch", ["-n", folder.path.string, "-o", folder.file("o").string]),
    ] {
      let usual = try Tool.coresalvage([command] + words).run()
      let more = try Tool.coresalvage([command, "-v"] + words).run()
      #expect(usual.status ?? 9 <= 1, "\(usual)")
      #expect(more.lines.count > usual.lines.count, "\(command) \(words) \(usual) \(more)")
    }
  }

  /// Where the memory of the core begins that is not lost.
  private static let address = "0x400000"

  @Test("-o of cat is a file that is whole or not there, read by no more people than the core")
  func cat() throws {
    let place = try Place()
    let folder = try #require(place.folder)
    let output = folder.file("memory")
    func cat(_ words: [String], length: String = "0x100", from input: FilePath? = nil) throws
      -> ToolResult
    {
      try Tool.coresalvage(
        ["cat"] + words + [(input ?? place.core).string, Self.address, length]
      ).run()
    }
    let due = try cat([]).output
    #expect(due.count == 0x100)
    #expect(try cat(["-o", "-"]).output == due)
    for (mode, input) in [(0o600, place.core), (0o640, place.core), (0o644, place.archive)] {
      try #require(chmod(input.string, mode_t(mode)) == 0)
      let written = try cat(["-f", "--output", output.string], from: input)
      #expect(written.ending == .exit(0) && written.output.isEmpty, "\(written)")
      #expect(try ReferenceSource.contents(of: output) == due)
      #expect(try FileTree.status(output).st_mode & 0o777 == mode_t(mode))
    }
    // What is there is replaced by -f alone, and what is no file never.
    try folder.write([1, 2, 3], to: "memory")
    let refused = try cat(["-o", output.string])
    #expect(refused.ending == .exit(3) && refused.errorText.contains("--force"), "\(refused)")
    #expect(try ReferenceSource.contents(of: output) == [1, 2, 3])
    let target = try folder.write([9], to: "target")
    try #require(symlink("target", folder.file("link").string) == 0)
    #expect(try cat(["-o", folder.file("link").string]).ending == .exit(3))
    #expect(try cat(["-f", "-o", folder.file("link").string]).ending == .exit(0))
    #expect(try ReferenceSource.contents(of: target) == [9])
    #expect(try cat(["-f", "-o", place.core.string]).errorText.contains("is the input itself"))
    #expect(try cat(["-f", "-o", folder.path.string]).ending == .exit(3))
    // Where not all of it is to be had, a file would look as if it were.
    let before = try place.contents()
    let lost = try cat(["-o", folder.file("none").string], length: "1G")
    #expect(lost.ending == .exit(1) && lost.errorText.contains("0x"), "\(lost)")
    let replacing = try cat(["-f", "-o", output.string], length: "1G")
    #expect(replacing.ending == .exit(1), "\(replacing)")
    #expect(try place.contents() == before)
  }

  @Test("has no default that is not taken when it is typed")
  func defaults() throws {
    let place = try Place()
    let folder = try #require(place.folder)
    let dump = try Tool.coresalvage("--experimental-dump-help").runSuccessfully().text
    let commands = try #require(try ParsedJSON(dump)["command"]?["subcommands"]?.array)
    let usual = [
      "repair": ["-n", place.core.string], "slim": ["-n", place.core.string],
      "archive": ["-n", place.core.string], "bundle": ["-n", place.core.string],
      "restore": ["-n", place.archive.string], "verify": [place.archive.string],
      "inspect": [place.repaired.string], "check": [place.repaired.string],
      "note": [place.repaired.string], "undo": ["-n", place.repaired.string],
      "batch": ["-n", place.core.string, "-o", folder.file("out").string],
    ]
    var count = 0
    for command in commands {
      guard let name = command["commandName"]?.string, let words = usual[name] else { continue }
      for argument in command["arguments"]?.array ?? [] {
        guard let value = argument["defaultValue"]?.string,
          let option = argument["preferredName"]?["name"]?.string
        else { continue }
        let typed = argument["kind"]?.string == "flag" ? [value] : ["--\(option)", value]
        let result = try Tool.coresalvage([name] + typed + words).run()
        #expect(result.status ?? 9 <= 1, "\(name) \(typed) \(result)")
        count += 1
      }
    }
    #expect(count > 40)
  }

  @Test("is in no help of a command that refuses it, or that it means nothing to")
  func refused() throws {
    for (command, options) in [
      ("batch", ["--mapfile", "--lost-range", "--temp-dir"]),
      ("archive", ["--sparse", "--reflink"]),
      ("bundle", ["--sparse", "--reflink", "--extend", "--lost"]),
      ("slim", ["--sparse", "--reflink", "--extend", "--lost"]),
    ] {
      let help = try Tool.coresalvage(command, "--help").runSuccessfully().text
      for option in options {
        #expect(!help.contains("\(option) "), "\(command) \(option)")
        let result = try Tool.coresalvage(command, option, "x", "in", "-o", "out").run()
        #expect(result.ending == .exit(64), "\(result)")
        // And it is said where it is one.
        #expect(result.errorText.contains("no option '\(option)'"), "\(result)")
        #expect(result.errorText.contains("it belongs to coresalvage repair"), "\(result)")
      }
    }
  }
}
