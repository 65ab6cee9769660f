import SystemPackage
import TestSupport
import Testing

/// What the TAB key gives, in the shells themselves: each is run on a terminal, and typed to.
@Suite("a completion", .serialized)
struct ShellCompletionTests {
  /// Runs a shell on a terminal, types a line and a TAB, and gives what the shell then has: the line, as `echo` prints it.
  private static let typist = #"""
    import os, pty, re, select, sys, time
    shell, setup, line, tabs = sys.argv[1:5]
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="dumb" if shell != "zsh" else "vt100", PS1="$ ", HOME=os.getcwd(), LC_ALL="C.UTF-8",
                          XDG_CONFIG_HOME=os.getcwd(), XDG_DATA_HOME=os.getcwd())
        words = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}[shell]
        os.execvp(words[0], words)
    def read(until, seconds=20):
        text, end = "", time.time() + seconds
        while time.time() < end:
            if select.select([terminal], [], [], 0.1)[0]:
                try: text += os.read(terminal, 65536).decode(errors="replace")
                except OSError: break
            if until(text): break
        return text
    def send(text): os.write(terminal, text.encode())
    send(setup + "\necho re''ady\n")
    read(lambda text: "\nready" in text.replace("\r", ""))
    send(line)
    for _ in range(int(tabs)):
        send("\t")
        # What it says, and then nothing more.
        last, quiet = "", time.time()
        while time.time() - quiet < 1.0:
            if select.select([terminal], [], [], 0.1)[0]:
                last += os.read(terminal, 65536).decode(errors="replace")
                quiet = time.time()
        sys.stdout.write(last)
    send("\x01echo '<''<' \x05 '>''>'\n")
    shown = read(lambda text: re.search(r"<< .*>>", text.replace("\r", "").replace("<''<", ""), re.S) is not None)
    found = re.search(r"<< (.*?) >>", shown.replace("\r", ""), re.S)
    print("\nLINE:" + (found.group(1).strip() if found else "none in " + repr(shown)))
    send("\x03exit\n")
    os.close(terminal)
    os.waitpid(pid, 0)
    """#

  private struct Shell {
    let name: String
    let folder: ScratchFolder

    init(_ name: String) throws {
      try Need.require(.tool(name), .tool("python3"))
      self.name = name
      folder = try ScratchFolder()
      for file in ["cut99.core", "cut98.core", "my core.core"] { try folder.write([1], to: file) }
      _ = try folder.makeFolder("machine")
      let script = try Tool.coresalvage("--generate-completion-script", name).runSuccessfully()
      try folder.write(script.output, to: "script")
    }

    /// The line after TAB, and what was listed for it.
    func press(_ line: String, tabs: Int = 1) throws -> (line: String, shown: String) {
      let setup =
        name == "bash"
        ? "bind 'set bell-style none'; bind 'set show-all-if-ambiguous on'; source ./script"
        : "unsetopt beep; zstyle ':completion:*' menu no; autoload -U compinit; compinit -u -D; source ./script"
      var tool = Tool("python3", ["-c", ShellCompletionTests.typist, name, setup, line, "\(tabs)"])
      tool.folder = folder.path
      let binary = Tool.coresalvagePath.removingLastComponent()
      tool.environment["PATH"] = "\(binary):\(Environment["PATH"] ?? "/usr/bin:/bin")"
      let text = try tool.runSuccessfully().text
      let parts = text.split(separator: "\nLINE:", maxSplits: 1, omittingEmptySubsequences: false)
      return (
        parts.last.map { String($0.prefix { $0 != "\n" }) } ?? "",
        parts.first.map(String.init) ?? ""
      )
    }
  }

  @Test("gives commands, files, options and values", arguments: ["bash", "zsh"])
  func lines(name: String) throws {
    let shell = try Shell(name)
    for (typed, due) in [
      // Commands, and files of the one that needs no name.
      ("coresalvage insp", "coresalvage inspect"),
      ("coresalvage cut99", "coresalvage cut99.core"),
      ("coresalvage capture unin", "coresalvage capture uninstall"),
      // Files for operands, also the second and with a blank.
      ("coresalvage repair cut9", "coresalvage repair cut9"),
      ("coresalvage repair cut98", "coresalvage repair cut98.core"),
      ("coresalvage inspect cut98.core cut99", "coresalvage inspect cut98.core cut99.core"),
      ("coresalvage check my", "coresalvage check my core.core"),
      // Options, those of the command that needs no name too.
      ("coresalvage --in-p", "coresalvage --in-place"),
      ("coresalvage cut99.core --gdb", "coresalvage cut99.core --gdb-script"),
      ("coresalvage slim --max-s", "coresalvage slim --max-size"),
      // Values.
      ("coresalvage --lost ze", "coresalvage --lost zero"),
      ("coresalvage batch --whole li", "coresalvage batch --whole link"),
      ("coresalvage capture install --mode so", "coresalvage capture install --mode socket"),
      ("coresalvage --gdb-script cut99", "coresalvage --gdb-script cut99.core"),
      ("coresalvage --sysroot ma", "coresalvage --sysroot machine/"),
      ("coresalvage --lost=ze", "coresalvage --lost=zero"),
    ] {
      let (line, shown) = try shell.press(typed)
      // zsh takes the slash away again where no name follows.
      let ended = [due, due + "=", due.hasSuffix("/") ? String(due.dropLast()) : due]
      #expect(ended.contains(line), "\(typed) gave \(line), \(shown)")
    }
    let (_, names) = try shell.press("coresalvage ", tabs: 2)
    for word in ["repair", "inspect", "capture", "cut99.core"] {
      #expect(names.contains(word), "\(names)")
    }
    let (_, values) = try shell.press("coresalvage --lost ", tabs: 2)
    for word in ["drop", "zero", "pad"] { #expect(values.contains(word), "\(values)") }
    #expect(!values.contains("cut99"), "\(values)")
    let (_, folders) = try shell.press("coresalvage --sysroot ", tabs: 2)
    #expect(!folders.contains("cut99"), "\(folders)")
    let (_, number) = try shell.press("coresalvage archive --jobs ", tabs: 2)
    #expect(!number.contains("cut99"), "\(number)")
  }

  @Test("by fish is what it says itself", .needs(.tool("fish")))
  func fish() throws {
    let folder = try ScratchFolder()
    for file in ["cut99.core", "cut98.core"] { try folder.write([1], to: file) }
    _ = try folder.makeFolder("machine")
    let script = try Tool.coresalvage("--generate-completion-script", "fish").runSuccessfully()
    try folder.write(script.output, to: "script")
    func complete(_ line: String) throws -> [String] {
      var tool = Tool("fish", ["--no-config", "-c", "source script; complete -C \"\(line)\""])
      tool.folder = folder.path
      tool.environment["HOME"] = folder.path.string
      return try tool.runSuccessfully().text.split(separator: "\n").map {
        String($0.prefix { $0 != "\t" })
      }
    }
    for (line, due) in [
      ("coresalvage insp", ["inspect"]), ("coresalvage cut99", ["cut99.core"]),
      ("coresalvage capture unin", ["uninstall"]),
      ("coresalvage repair cut9", ["cut98.core", "cut99.core"]),
      ("coresalvage inspect cut98.core cut99", ["cut99.core"]),
      ("coresalvage --in-p", ["--in-place"]), ("coresalvage cut99.core --gdb", ["--gdb-script"]),
      ("coresalvage slim --max-s", ["--max-size"]),
      ("coresalvage --lost ", ["drop", "pad", "zero"]),
      ("coresalvage batch --whole li", ["link"]),
      ("coresalvage capture install --mode so", ["socket"]),
      ("coresalvage --sysroot ma", ["machine/"]), ("coresalvage --sysroot cut", []),
      ("coresalvage archive --jobs cut", []), ("coresalvage capture status cut", []),
      ("coresalvage --gdb-script cut99", ["cut99.core"]),
    ] as [(String, [String])] {
      #expect(try complete(line).sorted() == due, "\(line)")
    }
    let all = try complete("coresalvage ")
    for word in ["repair", "inspect", "capture", "cut99.core"] { #expect(all.contains(word)) }
    let options = try complete("coresalvage -")
    for word in ["--in-place", "--force", "-f", "--help"] {
      #expect(options.contains(word), "\(options)")
    }
    #expect(!options.contains("--keep") && !options.contains("--threads"))
  }

  @Test(
    "knows every command and every option, and none that is hidden",
    arguments: ["bash", "zsh", "fish"])
  func all(name: String) throws {
    let script = try Tool.coresalvage("--generate-completion-script", name).runSuccessfully().text
    #expect(
      try Tool.coresalvage("--generate-completion-script=\(name)").runSuccessfully().text == script)
    let dump = try Tool.coresalvage("--experimental-dump-help").runSuccessfully().text
    let root = try #require(try ParsedJSON(dump)["command"])
    var (shown, hidden): (Set<String>, Set<String>) = ([], [])
    func check(_ command: ParsedJSON) throws {
      for below in command["subcommands"]?.array ?? [] {
        guard below["shouldDisplay"]?.bool != false else { continue }
        let word = try #require(below["commandName"]?.string)
        #expect(script.contains(word))
        for argument in below["arguments"]?.array ?? [] {
          for option in argument["names"]?.array ?? [] {
            guard let text = option["name"]?.string, text != "help",
              option["kind"]?.string == "long"
            else {
              continue
            }
            let isShown = argument["shouldDisplay"]?.bool != false
            let typed = name == "fish" ? "-l \(text) " : "--\(text)"
            if isShown { shown.insert(typed) } else { hidden.insert(typed) }
          }
        }
        try check(below)
      }
    }
    try check(root)
    #expect(shown.count > 50 && !hidden.isEmpty)
    for typed in shown { #expect(script.contains(typed), "\(typed)") }
    // One command may hide what another shows.
    for typed in hidden.subtracting(shown) { #expect(!script.contains(typed), "\(typed)") }
  }
}
