public import ArgumentParser
public import SalvageText
internal import SystemPackage

extension ArchiveBlockSize: @retroactive ExpressibleByArgument {
  public init?(argument: String) {
    switch argument.uppercased() {
    case "64K": self = .kib64
    case "256K": self = .kib256
    case "1M": self = .mib1
    case "4M": self = .mib4
    default: return nil
    }
  }

  public static var allValueStrings: [String] { ["64K", "256K", "1M", "4M"] }

  public var defaultValueDescription: String {
    switch self {
    case .kib64: "64K"
    case .kib256: "256K"
    case .mib1: "1M"
    case .mib4: "4M"
    }
  }
}

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
    commandName: "archive",
    abstract: "Repair a core and compress it in one pass, to be kept; lz4 -d reads it.")

  @Argument(help: "The core as it was found; - for standard input. It is not changed.")
  var input: FileArgument

  @Argument(
    help: "The archive; - for standard output. Else the input's name with .core.lz4 at its end.")
  var output: FileArgument?

  @OptionGroup var archiving: ArchiveFlags

  @Option(help: "How many threads compress; else as many as there are cores.")
  var threads: Int?

  @Flag(help: "Archive a slim core, as the command slim makes it, with that one's options.")
  var slim = false

  @OptionGroup var keeping: SlimFlags

  @OptionGroup var flags: RepairFlags

  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  @Flag(help: "Print the report as one JSON object.")
  var json = false

  func validate() throws {
    guard threads.map({ (1...1024).contains($0) }) ?? true else {
      throw ValidationError("--threads is 1 to 1024")
    }
    try keeping.check(isSlim: slim, flags)
    guard flags.lost != .pad || flags.extend == .due else {
      throw ValidationError("--lost pad needs --extend due in an archive")
    }
  }

  private var options: ArchiveOptions {
    var options = archiving.options
    options.threads = threads
    options.force = flags.force
    return options
  }

  func run() throws {
    let place = try OutputPlace(output?.path ?? OutputName.archive(of: input.path))
    try place.refuseTerminal()
    let bar = ProgressBar(label: "archiving")
    var repairing = flags.options(holesCost: true)
    if slim { repairing.slim = keeping.options }
    let repair = try Repair(
      of: input.path, options: repairing, spooling: .packed, progress: bar.report)
    let archived = try repair.archive(to: place, options: options, progress: bar.report)
    bar.clear()
    if !quiet {
      Console.print(words(archived, place), to: place.isStandardOutput ? .errors : .output)
    }
    if let failure = archived.report.readFailure { throw failure }
  }

  private func words(_ archived: Repair.Archived, _ place: OutputPlace) -> String {
    if json { return archived.json(archive: place.path).line }
    let next =
      place.isStream ? "" : "\nnext: coresalvage restore \(ShellWord(place.path)) restored.core"
    return """
      \(archived.report)
      archived \(place.isStream ? "to" : "in") \(PrintableText(place.name)): \(ByteCount(archived.coreSize)) in \(ByteCount(archived.size))\(next)
      """
  }
}
