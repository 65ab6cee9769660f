internal import ArgumentParser
internal import SalvageText

/// `coresalvage capture info [MATCH…]`
struct CaptureInfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Print all that is known of captured cores, and the command that opens each.")

  @OptionGroup var matching: MatchFlags

  @Flag(name: [.customShort("1"), .long], help: "Only the newest of them.")
  var last = false

  @OptionGroup var telling: ReportFlags

  func run() throws {
    let entries = try matching.listing(newestOnly: last).entries
    guard !entries.isEmpty else { throw MatchFlags.complainOfNone(telling) }
    for (index, entry) in entries.enumerated() {
      // What can't be read is told of in the text.
      let record = try? entry.fullRecord()
      let report = entry.state == .unfinished ? nil : try? Repair(of: entry.path).report
      telling.say(
        entry.json(record, report), (index == 0 ? [] : [""]) + [entry.text(record, report)])
    }
  }
}
