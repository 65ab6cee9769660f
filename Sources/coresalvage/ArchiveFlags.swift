internal import ArgumentParser
internal import SalvageText

/// How an archive is written, as typed.
struct ArchiveFlags: ParsableArguments {
  @Option(help: "1 is fastest, 3 to 12 take longer for a smaller archive.")
  var level = 1

  @Option(help: "How much of the core is compressed, and lost if it comes to that, as one.")
  var blockSize = ArchiveBlockSize.mib4

  @Flag(help: "Checksum the contents too, not the compressed blocks alone.")
  var contentChecksum = false

  @Option(name: .customLong("label"), help: "KEY=VALUE to keep in the archive's manifest.")
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
    options.blockSize = blockSize
    options.contentChecksum = contentChecksum
    options.labels = labels
    return options
  }
}
