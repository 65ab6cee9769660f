import Glibc
import SystemPackage
import TestSupport
import Testing

/// Names as the kernel has them: bytes, which need not be text.
@Suite("a name that is no UTF-8")
struct FileNameTests {
  private static let bytes = CoreBuilder.typical().build().cut(to: 20_000)

  /// A folder with such a name, `d\xff`, and in it a core `c\xfe.core`.
  private struct Place {
    let folder: ScratchFolder

    init() throws {
      folder = try ScratchFolder()
      try folder.write(FileNameTests.bytes, to: "plain.core")
      let result = try shell("mkdir d$'\\xff' && cp -p plain.core d$'\\xff'/c$'\\xfe'.core")
      #expect(result.ending == .exit(0), "\(result)")
    }

    /// Runs a line of bash in the folder, in which `$0` is the command and `$C` the core.
    func shell(_ line: String) throws -> ToolResult {
      var tool = Tool("bash", ["-c", line, Tool.coresalvagePath.string])
      tool.folder = folder.path
      tool.environment["TMPDIR"] = folder.path.string
      return try tool.run()
    }

    /// The same, with the outcome that it must have.
    @discardableResult
    func expect(_ line: String, _ status: Int32 = 0, says words: String? = nil) throws -> ToolResult
    {
      let result = try shell("C=d$'\\xff'/c$'\\xfe'.core; \(line)")
      #expect(result.ending == .exit(status), "\(line): \(result)")
      if let words {
        #expect((result.text + result.errorText).contains(words), "\(line): \(result)")
      }
      return result
    }
  }

  @Test("is taken by every command, as input and as output, and shown escaped")
  func everyCommand() throws {
    let place = try Place()
    let shown = "d\\xff/c\\xfe.core"
    let next = try place.expect("\"$0\" $C o$'\\xfd'", says: "next: gdb")
    #expect(next.text.contains("$'o\\xfd'") && next.text.contains(shown), "\(next)")
    try place.expect("\"$0\" -q plain.core due && cmp due o$'\\xfd'")
    try place.expect("\"$0\" $C o$'\\xfd'", 3, says: "o\\xfd: exists already")
    try place.expect("\"$0\" --force $C $C", 3, says: "is the input itself")
    try place.expect("\"$0\" check $C", 1, says: shown)
    try place.expect("\"$0\" inspect $C", 1, says: shown)
    try place.expect("\"$0\" note o$'\\xfd'", says: "o\\xfd")
    try place.expect("\"$0\" inspect --html p$'\\xfc' $C; grep -qF '\(shown)' p$'\\xfc'")
    try place.expect("\"$0\" --gdb-script s$'\\xfc' $C && test -s s$'\\xfc'", says: "$'s\\xfc'")
    try place.expect("\"$0\" archive $C && test -s $C.lz4", says: "next: coresalvage restore $'d")
    try place.expect("\"$0\" archive -q plain.core plain.lz4 && cmp plain.lz4 $C.lz4")
    try place.expect("\"$0\" verify d$'\\xff'", says: shown + ".lz4: sound")
    try place.expect("\"$0\" verify $C.lz4 .", says: shown + ".lz4: sound")
    try place.expect("\"$0\" restore $C.lz4 r$'\\xfb'", says: "r\\xfb")
    try place.expect("\"$0\" cat $C 0x400000 16 > a; \"$0\" cat plain.core 0x400000 16 | cmp - a")
    try place.expect("cp $C i$'\\xfa' && \"$0\" --in-place i$'\\xfa' && \"$0\" undo i$'\\xfa'")
    try place.expect("cmp i$'\\xfa' plain.core")
    try place.expect("\"$0\" -q --sysroot d$'\\xff' --program o$'\\xfd' $C w && test -s w")
    try place.expect(
      "mkdir t$'\\xf9' && \"$0\" -q --temp-dir t$'\\xf9' - - < $C | cmp - <(\"$0\" -q $C -)")
    try place.expect(
      "printf '0 +\\n0 0x4000 +\\n' > m$'\\xf8' && \"$0\" --mapfile m$'\\xf8' $C z")
    try place.expect(
      "\"$0\" --force --mapfile m$'\\xf8' $C m$'\\xf8'", 3, says: "is the input itself")
    try place.expect(
      "mkfifo f$'\\xf7'; cat f$'\\xf7' > g & \"$0\" -q $C f$'\\xf7' && wait && \"$0\" check -q g", 1
    )
    #expect(try FileTree.names(in: place.folder.path).filter { $0.hasPrefix(".") } == [])
  }

  @Test("stands in JSON so that it can be had again")
  func json() throws {
    let place = try Place()
    let result = try place.expect("\"$0\" --json $C o$'\\xfd'")
    let object = try ParsedJSON(result.text)
    #expect(object["input"]?.string == "d\\xff/c\\xfe.core")
    #expect(object["output"]?.string == "o\\xfd")
    let archive = try ParsedJSON(try place.expect("\"$0\" archive --json $C x$'\\xfd'").text)
    #expect(archive["output"]?.string == "x\\xfd")
    let restored = try ParsedJSON(
      try place.expect("\"$0\" restore --json x$'\\xfd' y$'\\xfd'").text)
    #expect(restored["input"]?.string == "x\\xfd" && restored["output"]?.string == "y\\xfd")
  }

  @Test("is done by a batch, matched by its bytes, and counted like any other")
  func batch() throws {
    let place = try Place()
    let result = try place.expect("\"$0\" batch d$'\\xff' -o b$'\\xf6' --json --match $'c\\xfe*'")
    let told = try BatchOutput(result)
    #expect(told.count("repaired") == 1)
    #expect(told.records("repaired").first?["input"]?.string == "d\\xff/c\\xfe.core")
    #expect(told.records("repaired").first?["output"]?.string == "b\\xf6/c\\xfe.core")
    try place.expect("\"$0\" -q plain.core due && cmp due b$'\\xf6'/c$'\\xfe'.core")
    try place.expect("\"$0\" batch d$'\\xff' -o b2 --match $'c\\xfd*'", says: "1 not matched")
    try place.expect("\"$0\" batch d$'\\xff' -o b3 --archive -q && \"$0\" verify -q b3")
    try place.expect(
      "\"$0\" batch d$'\\xff' -o b4 -q --report p$'\\xf5'; grep -q 'c.xfe.core' p$'\\xf5'")
  }

  @Test("is told from one that is written with the characters that stand for it inside")
  func privateCharacters() throws {
    let place = try Place()
    // U+10FEFE, which stands for the byte 0xfe in the words of the command line.
    try place.expect("cp plain.core $'\\xf4\\x8f\\xbb\\xbe' && \"$0\" $'\\xf4\\x8f\\xbb\\xbe' a")
    try place.expect("\"$0\" $'\\xfe' b", 3, says: "\\xfe: open: No such file")
    try place.expect("\"$0\" plain.core $'e\\xcc\\x81' && test -s $'e\\xcc\\x81'")
  }

  @Test("is shown escaped where it is no right word of a command")
  func usage() throws {
    let place = try Place()
    let result = try place.expect("\"$0\" --no$'\\xff' a b", 64, says: "--no\\xff")
    #expect(!result.errorOutput.contains(0xf4), "\(result)")
  }

  @Test("is met by verify in a folder, and a folder without archives is an error")
  func folders() throws {
    let place = try Place()
    try place.expect("mkdir empty", 0)
    try place.expect("\"$0\" verify empty", 2, says: "empty: holds no archive")
    try place.expect("\"$0\" verify -q .", 2, says: ".: holds no archive")
    try place.expect("\"$0\" verify --json empty", 2, says: "holds no archive")
    try place.expect("\"$0\" verify nowhere", 3, says: "nowhere: open: No such file")
    try place.expect("\"$0\" archive -q $C d$'\\xff'/.h$'\\xff'.core.lz4")
    try place.expect("\"$0\" verify . empty", 2, says: "d\\xff/.h\\xff.core.lz4: sound")
    // Damage in it is found.
    try place.expect(
      "printf XXXX | dd of=d$'\\xff'/.h$'\\xff'.core.lz4 bs=1 seek=6000 conv=notrunc")
    try place.expect("\"$0\" verify -q .", 1, says: "d\\xff/.h\\xff.core.lz4: damaged")
  }

  @Test(
    "that tar takes for another machine's, or a command for an option, stands in a command that works as printed",
    arguments: ["a:b", "-dash", "core.06:48:21", "with space"])
  func bundleNames(name: String) throws {
    let place = try Place()
    let bundle = try place.shell("\"$0\" bundle plain.core './\(name).tar.zst'")
    try #require(bundle.ending == .exit(0), "\(bundle)")
    let next = try #require(
      bundle.text.split(separator: "\n").first { $0.hasPrefix("next: ") }, "\(bundle)")
    // Whatever gdb says of the core: the script is found, and runs it.
    let typed = try place.shell("GDB=echo; export GDB; \(next.dropFirst("next: ".count))")
    #expect(typed.ending == .exit(0) && typed.errorText.isEmpty, "\(next): \(typed)")
    #expect(typed.text.contains("core"), "\(typed)")
  }
}
