internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// `coresalvage capture dump [MATCH…]`
struct CaptureDumpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump",
    abstract: "Copy the newest core that matches, and unpack it where it is archived.")

  @OptionGroup var matching: MatchFlags

  @OptionGroup var placing: OutputFlags

  @OptionGroup var telling: ReportFlags

  @OptionGroup var advance: ProgressFlag

  func run() throws {
    let place = try OutputPlace(placing.output?.path ?? OutputPlace.standard)
    Console.begin(with: matching.store.path, to: place)
    try place.refuseTerminal()
    guard let entry = try matching.listing(newestOnly: true).entries.last else {
      throw MatchFlags.complainOfNone(telling)
    }
    let bar = advance.bar("copying", telling)
    let size = try entry.write(to: place, force: placing.force, progress: bar.report)
    Console.hasWritten(place)
    bar.clear()
    telling.say(
      entry.json(copiedTo: place, size: size),
      ["copied \(PrintableText(entry.path)) to \(PrintableText(place.name)): \(ByteCount(size))"],
      to: place.isStandardOutput ? .errors : .output)
  }
}
