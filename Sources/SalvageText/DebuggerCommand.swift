internal import CoreIO
internal import CoreModel
internal import ELFCore
public import Salvage
public import SystemPackage

/// What to type to open a core in gdb, and what has to be had for it to tell all that it can.
struct DebuggerCommand {
  /// nil where nobody looked for them.
  let files: DebuggerFiles?
  /// As the core names it, raw; nil where it does not.
  let program: [UInt8]?
  /// nil where gdb is to find out.
  let machine: Machine?
  let core: FilePath
  /// Commands for gdb, by `--gdb-script`.
  var script: FilePath?

  /// More of them would make a line that nobody reads.
  private static let mostLibraries = 32

  /// The line to type.
  var line: String {
    var words = [tool]
    words += options.map { "-iex \(ShellWord($0))" }
    words += commands.map { "-ex \(ShellWord($0))" }
    if let script { words.append("-x \(ShellWord(script))") }
    words += [files?.program.path.map(Self.argument) ?? "-c", Self.argument(core)]
    return words.joined(separator: " ")
  }

  /// What gdb lacks, and how it is given; nil where it lacks nothing.
  var need: String? {
    if libraries.count > Self.mostLibraries {
      return "the symbols of \(libraries.count) libraries that no folder has under their names: "
        + "--gdb-script FILE with the same options"
    }
    guard case .needed(let reason, let buildID)? = files?.program else {
      return strangersNeed ?? unspeakableNeed
    }
    let isPath = program?.first == UInt8(ascii: "/")
    var words = isPath ? PrintableText(program ?? []).description : "the program's file"
    if let buildID {
      words += (isPath ? ", the file with" : ", with") + " build-id "
      words += buildID.map { hexadecimal(UInt64($0), digits: 2) }.joined()
    }
    return words
      + ", to name functions (\(reason)); --program FILE or --sysroot FOLDER says where it is"
  }

  /// The libraries of which only other files are to be had by their names; nil where there are none.
  private var strangersNeed: String? {
    guard let files, let first = files.missing.first else { return nil }
    let more = files.missing.count - 1
    let (others, them) = more > 0 ? (" and \(more) more", "them") : ("", "it")
    return "\(PrintableText(first))\(others) as the process had \(them), to name functions"
      + " (gdb would believe whatever file has that name); --sysroot FOLDER says where"
  }

  /// The libraries whose files gdb can't be told of; nil where there are none.
  private var unspeakableNeed: String? {
    let names = libraries.map(\.file).filter { GDBScript.addSymbols(of: $0, bias: 0) == nil }
    guard let first = names.first else { return nil }
    let others = names.count > 1 ? " and \(names.count - 1) more" : ""
    return "\(PrintableText(first))\(others) by a name of letters that gdb's commands can have"
  }

  /// gdb for the machine that it runs on; Debian's for the others has another name.
  private var tool: String {
    #if arch(x86_64)
      let own: [Machine] = [.x86_64, .i386]
    #elseif arch(arm64)
      let own: [Machine] = [.aarch64, .arm]
    #else
      let own = machine.map { [$0] } ?? []
    #endif
    return machine.map(own.contains) ?? true ? "gdb" : "gdb-multiarch"
  }

  private var libraries: [DebuggerFiles.Library] { files?.libraries ?? [] }

  /// What gdb has to know before it opens files.
  private var options: [[UInt8]] {
    var options: [[UInt8]] = []
    if let sysroot = files?.sysroots.first {
      options.append(Array("set sysroot ".utf8) + Self.folder(sysroot))
    }
    let folders = files?.folders.map(Self.folder) ?? []
    if !folders.isEmpty {
      options.append(
        Array("set solib-search-path ".utf8)
          + Array(folders.joined(separator: [UInt8(ascii: ":")])))
    }
    if files?.strangers.isEmpty == false { options.append(Array("set auto-solib-add off".utf8)) }
    // It would ask about every table of symbols.
    if !commands.isEmpty { options.append(Array("set confirm off".utf8)) }
    return options
  }

  /// What it is told once the core is open.
  private var commands: [[UInt8]] {
    let shared = patterns.map { Array("sharedlibrary ".utf8) + $0 }
    guard script == nil, libraries.count <= Self.mostLibraries else { return shared }
    return shared + libraries.compactMap { GDBScript.addSymbols(of: $0.file, bias: $0.bias) }
  }

  /// Which libraries' symbols gdb is to read where it would believe those of others, too, by parts of their names: whole
  /// folders that have no other, and the single files beside one.
  private var patterns: [[UInt8]] {
    guard let files, !files.known.isEmpty else { return [] }
    let slash = UInt8(ascii: "/")
    // The names by which gdb knows them.
    let root = files.sysroots.first?.absolute.bytes ?? []
    let strangers = files.strangers.map { $0.first == slash ? root + $0 : [slash] + $0 }
    var looks: Set<[UInt8]> = []
    var parts: [[UInt8]] = []
    for name in files.known where parts.count < Self.mostLibraries {
      let folder = name[...(name.lastIndex(of: slash) ?? 0)]
      for part in [Array(folder), name] {
        if parts.contains(part) { break }
        guard looks.count < Self.mostLooks, looks.insert(part).inserted, Self.isPlain(part),
          !strangers.contains(where: { Self.contains($0, part) })
        else { continue }
        parts.append(part)
        break
      }
    }
    // Which of them a backslash takes the meaning from differs; a dot is any one byte.
    let special = Array("*[]^$\\+?".utf8)
    return parts.map { $0.map { special.contains($0) ? UInt8(ascii: ".") : $0 } }
  }

  /// So many parts of names are held against those of others.
  private static let mostLooks = 256

  private static func isPlain(_ part: [UInt8]) -> Bool {
    part.count < 256 && part.allSatisfy { (0x20..<0x7f).contains($0) }
  }

  private static func contains(_ path: [UInt8], _ part: [UInt8]) -> Bool {
    guard path.count >= part.count else { return false }
    return (0...path.count - part.count).contains { path[$0...].starts(with: part) }
  }

  /// A file as gdb takes it for one, and not for something in a home.
  private static func argument(_ path: FilePath) -> String {
    let isHome = path.bytes.first == UInt8(ascii: "~")
    return (isHome ? ShellWord(Array("./".utf8) + path.bytes) : ShellWord(path)).description
  }

  /// A folder as gdb reads it to the end of the line: not as its home, a variable or `target:`, and with the blanks at
  /// its end.
  private static func folder(_ path: FilePath) -> [UInt8] {
    var bytes = path.bytes
    let first = bytes.first ?? 0
    let isPlain = first == UInt8(ascii: "/") || first == UInt8(ascii: ".")
    let isWord = (UInt8(ascii: "0")...UInt8(ascii: "z")).contains(first)
    if !isPlain, !isWord || bytes.contains(UInt8(ascii: ":")) { bytes = Array("./".utf8) + bytes }
    if let last = bytes.last, last <= UInt8(ascii: " ") { bytes.append(UInt8(ascii: "/")) }
    return bytes
  }
}

extension DebuggerCommand {
  /// - Parameter program: its path, where that is known beside the core.
  init(
    _ report: RepairReport, _ core: FilePath, program: [UInt8] = [], script: FilePath? = nil
  ) {
    self.init(
      files: report.debuggerFiles, program: program.isEmpty ? report.program : program,
      machine: report.machine, core: core, script: script)
  }

  /// The line, and what it needs.
  var lines: [String] { ["next: \(line)"] + (need.map { ["needs: \($0)"] } ?? []) }
}

extension RepairReport {
  /// Lines for people: the command that opens a core in gdb, and what it needs that is not here. Safe to print.
  ///
  /// - Parameters:
  ///   - core: the core, as a shell is to be given its name.
  ///   - script: the file that `Repair.writeGDBScript(to:)` wrote for it.
  public func nextLines(for core: FilePath, script: FilePath? = nil) -> [String] {
    DebuggerCommand(self, core, script: script).lines
  }
}
