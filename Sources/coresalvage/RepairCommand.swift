internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// `coresalvage [repair] IN OUT`
struct RepairCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair",
    abstract: "Make a core that debuggers load from one that was cut (the default).")

  @Argument(help: "The core as it was found, also as .zst, .lz4 or .gz; - for standard input.")
  var input: FileArgument

  @Argument(help: "The repaired core; - for standard output.")
  var output: FileArgument?

  @Flag(help: "Repair the input itself, by a few small writes. `coresalvage undo` takes that back.")
  var inPlace = false

  @OptionGroup var flags: RepairFlags

  @Option(
    help: """
      Write commands for gdb that name the libraries' symbols, for a core that is to stay as it is. \
      OUT may then be left out. - for standard output.
      """,
    completion: .file())
  var gdbScript: FileArgument?

  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Say what could not be had and was done another way.")
  var verbose = false

  @Flag(help: "Print the report as one JSON object.")
  var json = false

  @Flag(name: [.long, .customShort("n")], help: "Print what would be written, and write nothing.")
  var dryRun = false

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
    guard !inPlace || input.path != OutputPlace.standard else {
      throw ValidationError("--in-place needs a file, and standard input has no name")
    }
    let names = Coresalvage.configuration.subcommands.compactMap { $0.configuration.commandName }
    // `coresalvage --json note x` would else repair the file `note` into `x`.
    if let input = names.first(where: { FilePath($0) == input.path }) {
      throw ValidationError(
        "'\(input)' is a subcommand and comes first; for a file of that name write ./\(input)")
    }
  }

  func run() throws {
    let place = try output.map { try OutputPlace($0.path) }
    let script = try gdbScript.map { try OutputPlace($0.path) }
    let options = flags.options(holesCost: place?.isStream ?? false)
    if inPlace, !dryRun { return try repairInPlace(options) }
    if !dryRun { try place?.refuseTerminal() }
    if let place, let script, place.isSame(as: script) {
      throw ValidationError("--gdb-script and the output are the same file")
    }
    let bar = ProgressBar(label: "repairing")
    let repair = try Repair(
      of: input.path, for: dryRun ? nil : place?.path, options: options, progress: bar.report)
    if let script, !dryRun { try repair.writeGDBScript(to: script) }
    // Where the core or the script goes, no report can.
    let channel: StandardStream =
      !dryRun && [place, script].contains { $0?.isStandardOutput ?? false } ? .errors : .output
    guard !dryRun, let place else {
      bar.clear()
      let lines = dryRun ? repair.planDescription : scriptWords(repair.report, script)
      say(repair.json, [repair.report.description] + lines, to: channel)
      return try throwFailure(of: repair.report)
    }
    let written = try repair.write(progress: bar.report)
    bar.clear()
    say(
      written.json(output: place.path),
      words(written, place) + scriptWords(written.report, script), to: channel)
    try throwFailure(of: written.report)
  }

  /// A stream that could not be read to its end is no success, however good the rest is.
  private func throwFailure(of report: RepairReport) throws {
    if let failure = report.readFailure { throw failure }
  }

  private func repairInPlace(_ options: RepairOptions) throws {
    let written = try Repair.inPlace(input.path, options: options)
    var lines = [written.report.description]
    let isLeft = written.report.isCopied && !written.wasResumed
    let verb = written.report.isCopied || !written.report.isWhole ? "repaired" : "completed"
    lines.append(
      isLeft
        ? "nothing to repair: left as it is" : "\(verb) in place; `coresalvage undo` takes it back")
    if written.lacksLock, !verbose {
      lines.append(
        "  note      this file system has no locks: nothing kept others from the file meanwhile")
    }
    lines += written.report.nextLines(for: input.path)
    say(written.json(output: input.path), lines + fallbacks(written), to: .output)
  }

  /// Prints the report.
  private func say(_ json: JSONValue, _ lines: [String], to channel: StandardStream) {
    guard !quiet else { return }
    Console.print(self.json ? json.line : lines.joined(separator: "\n"), to: channel)
  }

  private func fallbacks(_ written: Repair.Written) -> [String] {
    verbose ? written.fallbacks.map { "  note      \($0)" } : []
  }

  /// What to type next for the core as it is; nothing where it or the script is a stream.
  private func scriptWords(_ report: RepairReport, _ script: OutputPlace?) -> [String] {
    guard let script, !script.isStream, input.path != OutputPlace.standard else { return [] }
    return ["symbols for the core as it is are in \(PrintableText(script.name))"]
      + report.nextLines(for: input.path, script: script.path)
  }

  private func words(_ written: Repair.Written, _ place: OutputPlace) -> [String] {
    var lines = [written.report.description]
    if written.lacksHole, !verbose {
      lines.append("  note      written without the hole: its due size can't be had here")
    }
    lines += fallbacks(written)
    let name = PrintableText(place.name)
    let report = written.report
    lines.append(
      report.isCopied
        ? "copied unchanged to \(name)"
        : "\(report.isWhole ? "completed" : "repaired") core written to \(name)")
    if !place.isStream { lines += written.report.nextLines(for: place.path) }
    return lines
  }
}
