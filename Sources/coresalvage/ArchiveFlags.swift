internal import ArgumentParser
internal import SalvageText

/// How an archive is written, as typed.
struct ArchiveFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "1 is fastest, 3 to 12 take longer for a smaller archive.", valueName: "n"))
  var level = 1

  @Option(help: "How much of the core is compressed, and lost if it comes to that, as one.")
  var blockSize = BlockSizeArgument(size: .mib4)

  @Flag(help: "Checksum the contents too, not the compressed blocks alone.")
  var contentChecksum = false

  @Option(
    name: .customLong("label"),
    help: ArgumentHelp("What to keep in the archive's manifest.", valueName: "key=value"))
  var labels: [ArchiveOptions.Label] = []

  func validate() throws {
    guard (1...12).contains(level) else { throw ValidationError("--level is 1 to 12") }
    guard Set(labels.map(\.key)).count == labels.count else {
      throw ValidationError("--label: the same KEY twice")
    }
  }

  /// Whether any of them was given another value than it has by itself.
  var isGiven: Bool { options != ArchiveOptions() }

  /// The options, as meant.
  var options: ArchiveOptions {
    var options = ArchiveOptions()
    options.level = level
    options.blockSize = blockSize.size
    options.contentChecksum = contentChecksum
    options.labels = labels
    return options
  }
}

/// `64K`, `256K`, `1M` or `4M`. A type of its own: of an enumeration the parser shows the raw value for the default, which it
/// would not take.
struct BlockSizeArgument: ExpressibleByArgument {
  let size: ArchiveBlockSize

  private static let names: KeyValuePairs<String, ArchiveBlockSize> = [
    "64K": .kib64, "256K": .kib256, "1M": .mib1, "4M": .mib4,
  ]

  init(size: ArchiveBlockSize) { self.size = size }

  init?(argument: String) {
    let name = argument.uppercased()
    guard let known = Self.names.first(where: { $0.key == name }) else { return nil }
    size = known.value
  }

  static var allValueStrings: [String] { names.map(\.key) }
  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }

  var defaultValueDescription: String { Self.names.first { $0.value == size }?.key ?? "" }
}
