public import ArgumentParser
public import Salvage
internal import SystemPackage

extension ArchiveOptions.BlockSize: ExpressibleByArgument {
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

extension ArchiveOptions.Label: ExpressibleByArgument {
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

  @Argument(help: "The core as it was found. It is not changed.")
  var input: String

  @Argument(help: "The archive; else the input's name with .core.lz4 at its end.")
  var output: String?

  @OptionGroup var archiving: ArchiveFlags

  @Option(help: "How many threads compress; else as many as there are cores.")
  var threads: Int?

  @OptionGroup var flags: RepairFlags

  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  @Flag(help: "Print the report as one JSON object.")
  var json = false

  func validate() throws {
    guard threads.map({ (1...1024).contains($0) }) ?? true else {
      throw ValidationError("--threads is 1 to 1024")
    }
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
    let target = output ?? Self.name(for: input)
    Interruption.watch()
    let bar = ProgressBar(label: "archiving")
    let repair = try Repair(
      of: FilePath(input), options: flags.options(holesCost: true), spooling: .packed,
      progress: bar.report)
    let archived = try repair.archive(
      to: FilePath(target), options: options, progress: bar.report)
    bar.clear()
    guard !quiet else { return }
    if json { return Console.print(archived.json(archive: target).line) }
    Console.print(
      """
      \(archived.report)
      archived in \(PrintableText(target)): \(ByteCount(archived.coreSize)) in \(ByteCount(archived.size))
      next: coresalvage restore \(ShellWord(target)) OUT, or lz4 -d
      """)
  }

  /// `x.core` and `x.core.zst` become `x.core.lz4`, and so does `x`.
  static func name(for input: String) -> String {
    var stem = Substring(input)
    for ending in [".zst", ".lz4"] where stem.hasSuffix(ending) && stem.count > ending.count {
      stem = stem.dropLast(ending.count)
      break
    }
    let isNamed = stem.hasSuffix(".core") || stem == "core" || stem.hasSuffix("/core")
    return stem + (isNamed ? ".lz4" : ".core.lz4")
  }
}
