internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// `coresalvage capture dump [MATCH…]`
struct CaptureDumpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump",
    abstract: "Copy the newest core that matches, and unpack it where it is archived.")

  @OptionGroup var matching: MatchFlags

  @Option(name: .shortAndLong, help: "The copy; else standard output, as -.")
  var output = FileArgument(path: OutputPlace.standard)

  @Flag(help: "Replace an output that exists.")
  var force = false

  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  func run() throws {
    let place = try OutputPlace(output.path)
    try place.refuseTerminal()
    guard let entry = try matching.listing(newestOnly: true).entries.last else {
      throw MatchFlags.complainOfNone()
    }
    let bar = ProgressBar(label: "copying")
    let size = try entry.write(to: place, force: force, progress: bar.report)
    bar.clear()
    guard !quiet else { return }
    Console.print(
      "copied \(PrintableText(entry.path)) to \(PrintableText(place.name)): \(ByteCount(size))",
      to: place.isStandardOutput ? .errors : .output)
  }
}
