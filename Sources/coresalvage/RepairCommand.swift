internal import ArgumentParser
internal import Salvage
internal import SystemPackage

/// `coresalvage [repair] IN OUT`
struct RepairCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair",
    abstract: "Make a core that debuggers load from one that was cut (the default).")

  @Argument(help: "The core as it was found, also as .zst or .lz4; - for standard input.")
  var input: String

  @Argument(help: "The repaired core; - for standard output.")
  var output: String?

  @Flag(help: "Repair the input itself, by a few small writes. `coresalvage undo` takes that back.")
  var inPlace = false

  @OptionGroup var flags: RepairFlags

  @Option(
    help: """
      Write commands for gdb that name the libraries' symbols, for a core that is to stay as it is. \
      OUT may then be left out.
      """,
    completion: .file())
  var gdbScript: String?

  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Say what could not be had and was done another way.")
  var verbose = false

  @Flag(help: "Print the report as one JSON object.")
  var json = false

  @Flag(name: [.long, .customShort("n")], help: "Print what would be written, and write nothing.")
  var dryRun = false

  private var isIntoPipe: Bool { output == "-" }

  func validate() throws {
    guard output != nil || dryRun || inPlace || gdbScript != nil else {
      throw ValidationError("Missing expected argument '<output>'")
    }
    guard !inPlace || output == nil else {
      throw ValidationError("--in-place writes into the input: give no output")
    }
    guard !inPlace || gdbScript == nil else {
      throw ValidationError(
        "--gdb-script is for a core that is left as it is, --in-place changes it")
    }
    guard !inPlace || input != "-" else {
      throw ValidationError("--in-place needs a file, and standard input has no name")
    }
    let names = Coresalvage.configuration.subcommands.map { $0.configuration.commandName }
    // `coresalvage --json note x` would else repair the file `note` into `x`.
    guard !names.contains(input) else {
      throw ValidationError(
        "'\(input)' is a subcommand and comes first; for a file of that name write ./\(input)")
    }
  }

  func run() throws {
    Interruption.watch()
    let options = flags.options(holesCost: isIntoPipe)
    if inPlace, !dryRun { return try repairInPlace(options) }
    let bar = ProgressBar(label: "repairing")
    let repair = try Repair(
      of: FilePath(input), for: dryRun ? nil : output.map { FilePath($0) }, options: options,
      progress: bar.report)
    if let gdbScript, !dryRun { try repair.writeGDBScript(to: FilePath(gdbScript)) }
    guard !dryRun, let output else {
      bar.clear()
      let lines = dryRun ? repair.planDescription : scriptWords(repair.report)
      return say(repair.json(output: nil, nil), [repair.report.description] + lines)
    }
    let written =
      try isIntoPipe
      ? repair.write(to: FileDescriptor.standardOutput, progress: bar.report)
      : repair.write(to: FilePath(output), progress: bar.report)
    bar.clear()
    say(repair.json(output: output, written), words(written, output) + scriptWords(written.report))
  }

  private func repairInPlace(_ options: RepairOptions) throws {
    let written = try Repair.inPlace(FilePath(input), options: options)
    var lines = [written.report.description]
    lines.append(
      written.report.isWhole && !written.wasResumed
        ? "nothing to repair: left as it is" : "repaired in place; `coresalvage undo` takes it back"
    )
    if written.lacksLock, !verbose {
      lines.append(
        "  note      this file system has no locks: nothing kept others from the file meanwhile")
    }
    lines.append(next(written.report, input))
    say(written.json(output: input), lines + fallbacks(written))
  }

  /// Prints the report; on standard error where standard output is the core.
  private func say(_ json: JSON, _ lines: [String]) {
    guard !quiet else { return }
    let text = self.json ? json.line : lines.joined(separator: "\n")
    if isIntoPipe, !dryRun { Console.note(text) } else { Console.print(text) }
  }

  private func fallbacks(_ written: Repair.Written) -> [String] {
    verbose ? written.fallbacks.map { "  note      \($0)" } : []
  }

  /// The command to type next.
  private func next(_ report: Report, _ core: String) -> String {
    var gdb = "gdb"
    if let sysroot = flags.rebuilding.sysroot.first {
      gdb += " -iex \(ShellWord("set sysroot \(sysroot)"))"
    }
    return "next: \(gdb) \(report.programArgument) \(ShellWord(core))"
  }

  private func scriptWords(_ report: Report) -> [String] {
    guard let gdbScript else { return [] }
    return [
      "symbols for the core as it is: gdb -x \(ShellWord(gdbScript)) \(report.programArgument) \(ShellWord(input))"
    ]
  }

  private func words(_ written: Repair.Written, _ output: String) -> [String] {
    var lines = [written.report.description]
    if written.lacksHole, !verbose {
      lines.append("  note      written without the hole: its due size can't be had here")
    }
    lines += fallbacks(written)
    let name = isIntoPipe ? "standard output" : PrintableText(output).description
    lines.append(
      written.report.isWhole ? "copied unchanged to \(name)" : "repaired core written to \(name)")
    if !isIntoPipe { lines.append(next(written.report, output)) }
    return lines
  }
}
