public import ArgumentParser
public import SalvageText
internal import SystemPackage

extension ArchiveOptions.Label: @retroactive ExpressibleByArgument {
  public init?(argument: String) {
    guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else {
      return nil
    }
    self.init(
      key: String(argument[..<equals]), value: String(argument[argument.index(after: equals)...]))
  }
}

/// `coresalvage archive IN [OUT.core.lz4]`
struct ArchiveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archive", _superCommandName: "coresalvage",
    abstract: "Repair a core and compress it in one pass, to be kept; lz4 -d reads it.")

  @Argument(help: "The core as it was found; - for standard input. It is not changed.")
  var input: FileArgument

  @Argument(
    help: "The archive; - for standard output. Else the input's name with .core.lz4 at its end.")
  var output: FileArgument?

  @OptionGroup var archiving: ArchiveFlags

  @Flag(help: "Archive a slim core, as the command slim makes it, with that one's options.")
  var slim = false

  @OptionGroup var keeping: SlimFlags

  @OptionGroup var flags: RepairFlags

  @OptionGroup var intake: OneInputFlags

  @OptionGroup var placing: OutputFlags

  @OptionGroup var working: JobsFlag

  @OptionGroup var rehearsal: DryRunFlag

  @OptionGroup var telling: ReportFlags

  @OptionGroup var detail: VerboseFlag

  @OptionGroup var advance: ProgressFlag

  func validate() throws {
    _ = try placing.path(output)
    try keeping.check(isSlim: slim, flags)
    guard flags.lost != .pad || flags.extend == .due else {
      throw ValidationError("--lost pad needs --extend due in an archive")
    }
  }

  private var options: ArchiveOptions {
    var options = archiving.options
    options.threads = working.count
    options.force = placing.force
    return options
  }

  func run() throws {
    let place = try OutputPlace(placing.path(output) ?? OutputName.archive(of: input.path))
    Console.begin(with: input.path, to: rehearsal.dryRun ? nil : place)
    if !rehearsal.dryRun { try place.refuseTerminal() }
    let bar = advance.bar("archiving", telling)
    var repairing = try flags.options(holesCost: true)
    repairing.intake = intake.options
    if slim { repairing.slim = keeping.options }
    let repair = try Repair(
      of: input.path, options: repairing, spooling: .packed, progress: bar.report)
    guard !rehearsal.dryRun else {
      bar.clear()
      telling.rehearse(
        repair, detail, ["it would be archived in \(PrintableText(place.name))"],
        refusal: placing.refusal(of: place, input))
      if let failure = repair.report.readFailure { throw failure }
      return
    }
    let archived = try repair.archive(to: place, options: options, progress: bar.report)
    Console.hasWritten(place)
    bar.clear()
    telling.say(
      archived.json(output: place), words(archived, place),
      to: place.isStandardOutput ? .errors : .output)
    if let failure = archived.report.readFailure { throw failure }
  }

  private func words(_ archived: Repair.Archived, _ place: OutputPlace) -> [String] {
    let words =
      "archived \(place.isStream ? "to" : "in") \(PrintableText(place.name)): "
      + "\(ByteCount(archived.coreSize)) in \(ByteCount(archived.size))"
    return detail.lines(of: archived.report) + [words]
      + (Repair.Archived.next(for: place).map { ["next: \($0)"] } ?? [])
  }
}
