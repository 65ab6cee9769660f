import SystemPackage
import TestSupport
import Testing

/// Command lines as tired people type them: each is told what is wrong with it, and nothing else.
@Suite("a wrong command line")
struct UsageTests {
  private static let folder = try? ScratchFolder()

  private static func core() throws -> ScratchFolder {
    let folder = try #require(folder)
    if !FileTree.exists(folder.file("in.core")) {
      try folder.write(CoreBuilder.typical().build().cut(to: 20_000), to: "in.core")
    }
    return folder
  }

  private static func run(_ words: [String]) throws -> ToolResult {
    var tool = Tool.coresalvage(words)
    tool.folder = try core().path
    return try tool.run()
  }

  static let wrong: [(words: String, says: String)] = [
    ("in.core", "Say where the repaired core is to go: coresalvage in.core repaired.core"),
    ("-f in.core", "Say where the repaired core is to go"),
    ("", "Name a core, and where the repaired one is to go"),
    ("--inplace in.core", "no option '--inplace'; did you mean '--in-place'?"),
    ("--dry in.core", "no option '--dry'; did you mean '--dry-run'?"),
    ("--sysrot / in.core out", "did you mean '--sysroot'?"),
    ("-V", "the version: coresalvage --version"),
    ("--frobnicate in.core", "repair has no option '--frobnicate'"),
    ("-x in.core out", "repair has no option '-x'"),
    (
      "--max-size 1M in.core out",
      "'--max-size'; it belongs to coresalvage slim, coresalvage batch and coresalvage archive"
    ),
    (
      "restore --keep heap a b",
      "no option '--keep'; it belongs to coresalvage slim, coresalvage batch and coresalvage archive"
    ),
    ("repiar in.core out", "no command 'repiar'; did you mean 'repair'?"),
    ("inspct in.core", "no such command; did you mean 'inspect'?"),
    ("inspct --html x in.core", "did you mean 'inspect'?"),
    ("chekc in.core", "did you mean 'check'?"),
    ("capture lst", "capture has no command 'lst'; did you mean 'list'?"),
    ("capture foo", "capture has no command 'foo'; there are serve,"),
    ("help nothing", "There is no command 'nothing'"),
    ("help inspec", "There is no command 'inspec'; did you mean 'inspect'?"),
    ("help capture lits", "did you mean 'list'?"),
    ("in.core a b", "'b' is one too many; for several cores: coresalvage batch"),
    ("restore a b c", "restore takes <archive> <output>, and 'c' is one too many"),
    ("capture status extra", "capture status takes options alone, and 'extra' is none"),
    ("archive", "<input>"),
    ("slim in.core", "Say where the slim core is to go: coresalvage slim in.core slim.core"),
    ("bundle in.core", "Say where the bundle is to go"),
    ("restore in.core", "Say where the core is to go"),
    ("batch in.core", "Say where the repaired cores are to go: --output FOLDER"),
    ("archive --jobs x in.core", "it is a whole number"),
    ("archive --level high in.core", "it is a whole number"),
    ("slim --max-size 12Q in.core out", "it is a number of bytes, with K, M, G or T of 1024"),
    ("slim --keep heaps in.core out", "it is one or more of stacks, heap"),
    ("--lost-range 5 in.core out", "it is two numbers of bytes with a colon"),
    ("--zero-runs 64K in.core out", "it is keep, lost, or lost:"),
    ("--lost zeros in.core out", "'drop', 'zero' or 'pad'"),
    ("cat in.core here 5", "it is a number, decimal or hexadecimal after 0x"),
    ("cat in.core 0x1000 many", "it is a number of bytes, with K, M, G or T of 1024"),
    ("--html x in.core out", "no option '--html'; it belongs to coresalvage inspect"),
    ("cat in.core 0x1000 -1", "The value '-1' is invalid for '<length>': it can't be below 0"),
    ("cat in.core 0x1000 -0x10", "invalid for '<length>': it can't be below 0"),
    ("cat in.core 0x1000 -- -1", "invalid for '<length>': it can't be below 0"),
    ("cat in.core -5 10", "The value '-5' is invalid for '<address>': it can't be below 0"),
    ("cat in.core 0 99999999999999999999", "invalid for '<length>': it is too large"),
    ("cat in.core 0 5 -7", "'-7' is one too many"),
    ("slim --max-size -5 in.core out", "for '--max-size <size>': it can't be below 0"),
    ("batch in.core -o out -j -2", "for '--jobs <n>': it can't be below 0"),
    ("-9 in.core out", "repair has no option '-9'"),
    ("archive --label x in.core", "an equals sign"),
    ("capture pipe --pin-limit soon 5", "a number with s, min, h or d"),
    (
      "capture pipe --max-age 3 5", "invalid for '--max-age <duration>': it is a number with s, min"
    ),
    ("capture pipe --pin-limit 30 5", "for '--pin-limit <duration>': it is a number with s, min"),
    ("capture list --since soon", "yesterday"),
    ("--generate-completion-script tcsh", "takes the name of a shell: bash, zsh, fish"),
    ("note -q check in.core x", "'"),
    ("-q check in.core", "'check' is a subcommand and comes first"),
    ("-q slim in.core out.core", "'slim' is a subcommand and comes first"),
    ("-q slim in.core out.core --max-size 3M", "'slim' is a subcommand and comes first"),
  ]

  @Test("is told what is wrong with it, on the first line, with status 64", arguments: wrong)
  func says(words: String, says: String) throws {
    let result = try Self.run(words.split(separator: " ").map(String.init))
    #expect(result.ending == .exit(64), "\(result)")
    #expect(result.output.isEmpty, "\(result)")
    let first = result.errorText.split(separator: "\n").first.map(String.init) ?? ""
    #expect(first.hasPrefix("coresalvage: "), "\(result)")
    #expect(first.contains(says), "\(result)")
    #expect(try Self.core().names() == ["in.core"])
  }

  @Test(
    "is told how its own command is used",
    arguments: [
      ("batch", "--report - --json -o out in.core"), ("inspect", "--html - --json in.core"),
      ("repair", "--gdb-script out in.core out"),
      ("archive", "--lost pad --extend none in.core out"),
      ("restore", "in.core"), ("slim", "in.core"), ("bundle", "in.core"), ("cat", "in.core 0 none"),
      ("verify", "--jobs 0 in.core"), ("capture list", "--since soon"),
    ])
  func usage(command: String, words: String) throws {
    let result = try Self.run("\(command) \(words)".split(separator: " ").map(String.init))
    #expect(result.ending == .exit(64), "\(result)")
    #expect(result.errorText.contains("\nUsage: coresalvage \(command) "), "\(result)")
    #expect(result.errorText.ranges(of: "Usage:").count == 1, "\(result)")
    #expect(try Self.core().names() == ["in.core"])
  }

  @Test("is told so in an object too, where objects are asked for", arguments: wrong.map(\.words))
  func json(words: String) throws {
    guard !words.isEmpty, words != "-V" else { return }
    let all = words.split(separator: " ").map(String.init)
    // The parser takes it where an option may stand.
    let result = try Self.run(all + ["--json"])
    guard !words.hasPrefix("help"), !words.hasPrefix("--generate"), !words.hasPrefix("cat"),
      !words.hasPrefix("capture")
    else { return }
    #expect(result.ending == .exit(64), "\(result)")
    let object = try ParsedJSON(result.text)
    #expect(object["error"]?.string?.isEmpty == false)
    #expect(object["status"]?.number == 64)
    #expect(object["tool"]?.string?.hasPrefix("coresalvage ") == true)
  }

  @Test("with names of files that control a terminal doesn't reach it with them")
  func hostile() throws {
    let result = try Self.run(["repair", "in.core", "out", "\u{1b}[31mx\u{7}"])
    #expect(result.ending == .exit(64) && !result.errorOutput.contains(0x1b), "\(result)")
    let option = try Self.run(["--\u{1b}[31mx", "in.core"])
    #expect(option.ending == .exit(64), "\(option)")
  }

  @Test("with numbers in K, M and G is none")
  func units() throws {
    for words in ["--max-size 64K", "--max-size 1M", "--max-size 2g", "--max-size 64KiB"] {
      let result = try Self.run(
        ["slim", "-n", "in.core"] + words.split(separator: " ").map(String.init))
      #expect(result.ending == .exit(0), "\(words) \(result)")
    }
    for words in ["--lost-range 0x3000:1K", "--lost-range 12K:1K", "--zero-runs lost:64K"] {
      let result = try Self.run(["-n", "in.core"] + words.split(separator: " ").map(String.init))
      #expect(result.ending == .exit(0), "\(words) \(result)")
    }
    let segment = try #require(
      CoreBuilder.typical().segments.first { $0.bytes?.count ?? 0 >= 4096 })
    let address = "0x" + String(segment.address, radix: 16)
    let cat = try Self.run(["cat", "in.core", address, "1K"])
    #expect(cat.output.count == 1024, "\(cat)")
  }

  @Test(
    "that names files which are not there is an error",
    arguments: [
      "--sysroot /nonexistent", "--program /nonexistent", "--sysroot in.core", "--program /",
    ])
  func files(words: String) throws {
    for verb in [[], ["slim"], ["archive"], ["bundle"]] {
      let options = words.split(separator: " ").map(String.init)
      let result = try Self.run(verb + options + ["-n", "in.core"])
      #expect(result.ending == .exit(3), "\(verb) \(result)")
      #expect(result.errorText.contains(options[1]), "\(result)")
      #expect(result.errorText.split(separator: "\n").count == 1, "\(result)")
    }
    let batch = try Self.run(
      ["batch", "-n", "in.core", "-o", "out"] + words.split(separator: " ").map(String.init))
    #expect(batch.ending == .exit(3), "\(batch)")
  }

  @Test("is none where it asks for help of a command that there is")
  func help() throws {
    for words in [
      ["help"], ["help", "inspect"], ["help", "capture", "list"], ["capture", "--help"],
    ] {
      let result = try Self.run(words)
      #expect(result.ending == .exit(0) && result.errorOutput.isEmpty, "\(result)")
    }
  }
}
