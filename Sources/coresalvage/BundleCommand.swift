internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// `coresalvage bundle IN OUT.tar.zst`
struct BundleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bundle",
    abstract: "Repair a core and pack it with its program, libraries and debug information.")

  @Argument(help: "The core as it was found; - for standard input. It is not changed.")
  var input: FileArgument

  @Argument(
    help:
      "The bundle, named as it is to be packed: .tar.zst, .tar.gz or .tar; - for standard output.")
  var output: FileArgument

  @OptionGroup var rebuilding: RebuildFlags

  @Flag(help: "Replace a bundle that exists; take a core that is still being written.")
  var force = false

  @OptionGroup var intake: IntakeFlags

  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  @Flag(help: "Print the report as one JSON object.")
  var json = false

  private var options: RepairOptions {
    var options = RepairOptions()
    // Not every reader of tar archives knows holes.
    options.extend = .none
    options.force = force
    rebuilding.set(&options)
    options.intake = intake.options(force: force)
    return options
  }

  func run() throws {
    let place = try OutputPlace(output.path)
    try place.refuseTerminal()
    guard CoreBundle.hasEnding(place) else {
      throw ValidationError("the bundle's name ends in .tar.zst, .tar.gz or .tar")
    }
    let bar = ProgressBar(label: "bundling")
    let repair = try Repair(
      of: input.path, options: options, spooling: .packed, progress: bar.report)
    let written = try CoreBundle(repair).write(to: place, progress: bar.report)
    bar.clear()
    if !quiet {
      Console.print(words(written, place), to: place.isStandardOutput ? .errors : .output)
    }
    if let failure = written.report.readFailure { throw failure }
  }

  private func words(_ written: CoreBundle.Written, _ place: OutputPlace) -> String {
    if json { return written.json(bundle: place.path).line }
    return written.lines(in: place).joined(separator: "\n")
  }
}
