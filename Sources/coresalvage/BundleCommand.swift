internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// `coresalvage bundle IN OUT.tar.zst`
struct BundleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bundle", _superCommandName: "coresalvage",
    abstract: "Repair a core and pack it with its program, libraries and debug information.")

  @Argument(help: "The core as it was found; - for standard input. It is not changed.")
  var input: FileArgument

  @Argument(
    help:
      "The bundle, named as it is to be packed: .tar.zst, .tar.gz or .tar; - for standard output.")
  var output: FileArgument?

  @OptionGroup var rebuilding: RebuildFlags

  @OptionGroup var intake: OneInputFlags

  @OptionGroup var placing: OutputFlags

  @OptionGroup var rehearsal: DryRunFlag

  @OptionGroup var telling: ReportFlags

  @OptionGroup var detail: VerboseFlag

  @OptionGroup var advance: ProgressFlag

  func validate() throws {
    guard let output = try placing.path(output) else {
      guard rehearsal.dryRun else {
        throw ValidationError(
          "Say where the bundle is to go: coresalvage bundle \(ShellWord(input.path)) bundle.tar.zst"
        )
      }
      return
    }
    guard (try? OutputPlace(output)).map(CoreBundle.hasEnding) ?? true else {
      throw ValidationError("the bundle's name ends in .tar.zst, .tar.gz or .tar")
    }
  }

  private func options() throws -> RepairOptions {
    var options = RepairOptions()
    // Not every reader of tar archives knows holes.
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
    let bar = advance.bar("bundling", telling)
    let repair = try Repair(
      of: input.path, options: options(), spooling: .packed, progress: bar.report)
    let bundle = try CoreBundle(repair)
    guard !rehearsal.dryRun, let place else {
      bar.clear()
      let refusal = rehearsal.dryRun ? placing.refusal(of: place, input) : nil
      telling.say(
        bundle.json.rehearsed(refusal),
        detail.lines(of: repair.report) + bundle.lines + refusal.rehearsalLines)
      if let failure = repair.report.readFailure { throw failure }
      return
    }
    let written = try bundle.write(to: place, progress: bar.report)
    Console.hasWritten(place)
    bar.clear()
    telling.say(
      written.json(output: place),
      detail.lines(of: written.report) + written.lines(in: place),
      to: place.isStandardOutput ? .errors : .output)
    if let failure = written.report.readFailure { throw failure }
  }
}
