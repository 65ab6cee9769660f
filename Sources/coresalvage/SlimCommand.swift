internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// `coresalvage slim IN OUT`
struct SlimCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "slim", _superCommandName: "coresalvage",
    abstract: "Make a small core of the stacks and what names their frames, to be sent.")

  @Argument(help: "The core as it was found, also as .zst, .lz4 or .gz; - for standard input.")
  var input: FileArgument

  @Argument(help: "The slim core; - for standard output.")
  var output: FileArgument?

  @OptionGroup var keeping: SlimFlags

  @OptionGroup var rebuilding: RebuildFlags

  @OptionGroup var intake: OneInputFlags

  @OptionGroup var placing: OutputFlags

  @OptionGroup var rehearsal: DryRunFlag

  @OptionGroup var telling: ReportFlags

  @OptionGroup var detail: VerboseFlag

  @OptionGroup var advance: ProgressFlag

  // It is no option here, and whoever gives it is told why.
  @Flag(help: .hidden)
  var inPlace = false

  func validate() throws {
    guard !inPlace else {
      throw ValidationError(
        "A slim core is never made in place: what it leaves out would be gone. Name an output instead of --in-place"
      )
    }
    guard try placing.path(output) != nil || rehearsal.dryRun else {
      throw ValidationError(
        "Say where the slim core is to go: coresalvage slim \(ShellWord(input.path)) slim.core")
    }
  }

  private func options() throws -> RepairOptions {
    var options = RepairOptions()
    options.slim = keeping.options
    options.extend = .none
    options.force = placing.force
    try rebuilding.set(&options)
    options.intake = intake.options
    return options
  }

  func run() throws {
    let place = try placing.path(output).map { try OutputPlace($0) }
    Console.begin(with: input.path, to: rehearsal.dryRun ? nil : place)
    if !rehearsal.dryRun { try place?.refuseTerminal() }
    let bar = advance.bar("reading", telling)
    let repair = try Repair(
      of: input.path, for: rehearsal.dryRun ? nil : place?.path, options: options(),
      progress: bar.report)
    guard !rehearsal.dryRun, let place else {
      bar.clear()
      telling.rehearse(repair, detail, refusal: placing.refusal(of: place, input))
      return try throwFailure(of: repair.report)
    }
    let written = try repair.write(progress: bar.report)
    Console.hasWritten(place)
    bar.clear()
    var lines = detail.lines(of: written.report) + detail.fallbacks(written)
    lines.append("slim core written to \(PrintableText(place.name)): \(ByteCount(written.size))")
    if !place.isStream { lines += written.report.nextLines(for: place.path) }
    telling.say(
      written.json(output: place), lines, to: place.isStandardOutput ? .errors : .output)
    try throwFailure(of: written.report)
  }

  /// A stream that could not be read to its end is no success, however good the rest is.
  private func throwFailure(of report: RepairReport) throws {
    if let failure = report.readFailure { throw failure }
  }
}
