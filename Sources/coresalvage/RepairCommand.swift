internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// `coresalvage [repair] IN OUT`
struct RepairCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair", _superCommandName: "coresalvage",
    abstract: "Make a core that debuggers load from one that was cut (the default).")

  @Argument(help: "The core as it was found, also as .zst, .lz4 or .gz; - for standard input.")
  var input: FileArgument

  @Argument(help: "The repaired core; - for standard output.")
  var output: FileArgument?

  @Flag(help: "Repair the input itself, by a few small writes. `coresalvage undo` takes that back.")
  var inPlace = false

  @OptionGroup var flags: RepairFlags

  @OptionGroup var writing: WritingFlags

  @OptionGroup var intake: OneInputFlags

  @Option(
    help: ArgumentHelp(
      """
      Write commands for gdb that name the libraries' symbols, for a core that is to stay as it is. \
      OUT may then be left out. - for standard output.
      """, valueName: "file"))
  var gdbScript: FileArgument?

  @OptionGroup var placing: OutputFlags

  @OptionGroup var rehearsal: DryRunFlag

  @OptionGroup var telling: ReportFlags

  @OptionGroup var detail: VerboseFlag

  @OptionGroup var advance: ProgressFlag

  func validate() throws {
    let output = try placing.path(output)
    let names = Coresalvage.configuration.subcommands.compactMap { $0.configuration.commandName }
    // `coresalvage --json note x` would else repair the file `note` into `x`.
    if let input = names.first(where: { FilePath($0) == input.path }) {
      throw ValidationError(UsageAdvice.comesFirst(input))
    }
    guard output != nil || rehearsal.dryRun || inPlace || gdbScript != nil else {
      let core = ShellWord(input.path)
      throw ValidationError(
        """
        Say where the repaired core is to go: coresalvage \(core) repaired.core
          To repair the file itself: coresalvage --in-place \(core)
          To look at it first:       coresalvage inspect \(core)
        """)
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
    if let output, let gdbScript, let place = try? OutputPlace(output),
      let script = try? OutputPlace(gdbScript.path), place.isSame(as: script)
    {
      throw ValidationError("--gdb-script and the output are the same file")
    }
  }

  private func options(_ place: OutputPlace?) throws -> RepairOptions {
    var options = try flags.options(holesCost: place?.isStream ?? false)
    writing.set(&options)
    options.intake = intake.options
    options.force = placing.force
    return options
  }

  func run() throws {
    let place = try placing.path(output).map { try OutputPlace($0) }
    let script = try gdbScript.map { try OutputPlace($0.path) }
    // Where the core or the script goes, no report can.
    let taken =
      rehearsal.dryRun ? nil : [place, script].compactMap(\.self).first(where: \.isStandardOutput)
    Console.begin(with: input.path, to: taken)
    let options = try options(place)
    if inPlace, !rehearsal.dryRun { return try repairInPlace(options) }
    if !rehearsal.dryRun { try place?.refuseTerminal() }
    let bar = advance.bar("repairing", telling)
    let repair = try Repair(
      of: input.path, for: rehearsal.dryRun ? nil : place?.path, options: options,
      progress: bar.report)
    if let script, !rehearsal.dryRun { try repair.writeGDBScript(to: script) }
    let channel: StandardStream = taken == nil ? .output : .errors
    guard !rehearsal.dryRun, let place else {
      bar.clear()
      if rehearsal.dryRun {
        let isOurs = script.map { $0.isGDBScript } ?? false
        let refusal =
          placing.refusal(of: place, input)
          ?? (isOurs ? nil : placing.refusal(of: script, input))
        telling.rehearse(repair, detail, refusal: refusal, to: channel)
      } else {
        let lines = detail.lines(of: repair.report) + scriptWords(repair.report, script)
        telling.say(repair.json, lines, to: channel)
      }
      return try throwFailure(of: repair.report)
    }
    let written = try repair.write(progress: bar.report)
    Console.hasWritten(place)
    bar.clear()
    telling.say(
      written.json(output: place), words(written, place) + scriptWords(written.report, script),
      to: channel)
    try throwFailure(of: written.report)
  }

  /// A stream that could not be read to its end is no success, however good the rest is.
  private func throwFailure(of report: RepairReport) throws {
    if let failure = report.readFailure { throw failure }
  }

  private func repairInPlace(_ options: RepairOptions) throws {
    let written = try Repair.inPlace(input.path, options: options)
    var lines = detail.lines(of: written.report)
    let isLeft = written.report.isCopied && !written.wasResumed
    let verb = written.report.isCopied || !written.report.isWhole ? "repaired" : "completed"
    let undo = "coresalvage undo \(ShellWord(input.path))"
    lines.append(
      isLeft ? "nothing to repair: left as it is" : "\(verb) in place; `\(undo)` takes it back")
    if written.lacksLock, !detail.verbose {
      lines.append(
        "  note      this file system has no locks: nothing kept others from the file meanwhile")
    }
    lines += written.report.nextLines(for: input.path)
    let place = try OutputPlace(input.path)
    Console.hasWritten(place)
    telling.say(written.json(output: place), lines + detail.fallbacks(written))
  }

  /// What to type next for the core as it is; nothing where it or the script is a stream.
  private func scriptWords(_ report: RepairReport, _ script: OutputPlace?) -> [String] {
    guard let script, !script.isStream, input.path != OutputPlace.standard else { return [] }
    return ["symbols for the core as it is are in \(PrintableText(script.name))"]
      + report.nextLines(for: input.path, script: script.path)
  }

  private func words(_ written: Repair.Written, _ place: OutputPlace) -> [String] {
    var lines = detail.lines(of: written.report)
    if written.lacksHole, !detail.verbose {
      lines.append("  note      written without the hole: its due size can't be had here")
    }
    lines += detail.fallbacks(written)
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
