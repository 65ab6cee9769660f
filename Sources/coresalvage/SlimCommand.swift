internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// `coresalvage slim IN OUT`
struct SlimCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "slim",
    abstract: "Make a small core of the stacks and what names their frames, to be sent.")

  @Argument(help: "The core as it was found, also as .zst, .lz4 or .gz; - for standard input.")
  var input: FileArgument

  @Argument(help: "The slim core; - for standard output.")
  var output: FileArgument?

  @OptionGroup var keeping: SlimFlags

  @OptionGroup var rebuilding: RebuildFlags

  @Flag(help: "Replace an output that exists; take a core that is still being written.")
  var force = false

  @OptionGroup var intake: IntakeFlags

  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  @Flag(help: "Print the report as one JSON object.")
  var json = false

  @Flag(name: [.long, .customShort("n")], help: "Print what would be written, and write nothing.")
  var dryRun = false

  // It is no option here, and whoever gives it is told why.
  @Flag(help: .hidden)
  var inPlace = false

  func validate() throws {
    guard !inPlace else {
      throw ValidationError(
        "A slim core is never made in place: what it leaves out would be gone. Name an output instead of --in-place"
      )
    }
    guard output != nil || dryRun else {
      throw ValidationError("Missing expected argument '<output>'")
    }
  }

  private var options: RepairOptions {
    var options = RepairOptions()
    options.slim = keeping.options
    options.extend = .none
    options.force = force
    rebuilding.set(&options)
    options.intake = intake.options(force: force)
    return options
  }

  func run() throws {
    let place = try output.map { try OutputPlace($0.path) }
    if !dryRun { try place?.refuseTerminal() }
    let bar = ProgressBar(label: "reading")
    let repair = try Repair(
      of: input.path, for: dryRun ? nil : place?.path, options: options, progress: bar.report)
    guard !dryRun, let place else {
      bar.clear()
      say(repair.json, [repair.report.description] + repair.planDescription, to: .output)
      return try throwFailure(of: repair.report)
    }
    let written = try repair.write(progress: bar.report)
    bar.clear()
    var lines = [written.report.description]
    lines.append("slim core written to \(PrintableText(place.name)): \(ByteCount(written.size))")
    if !place.isStream { lines += written.report.nextLines(for: place.path) }
    say(
      written.json(output: place.path), lines, to: place.isStandardOutput ? .errors : .output)
    try throwFailure(of: written.report)
  }

  /// A stream that could not be read to its end is no success, however good the rest is.
  private func throwFailure(of report: RepairReport) throws {
    if let failure = report.readFailure { throw failure }
  }

  private func say(_ json: JSONValue, _ lines: [String], to channel: StandardStream) {
    guard !quiet else { return }
    Console.print(self.json ? json.line : lines.joined(separator: "\n"), to: channel)
  }
}
