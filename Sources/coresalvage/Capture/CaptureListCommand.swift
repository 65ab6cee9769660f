internal import ArgumentParser
internal import SalvageText

/// `coresalvage capture list [MATCH…]`
struct CaptureListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List captured cores, the newest last, and those crashes of which there is none."
  )

  @OptionGroup var matching: MatchFlags

  @Flag(name: [.customShort("1"), .long], help: "Only the newest of them.")
  var last = false

  @OptionGroup var telling: ReportFlags

  func run() throws {
    let listing = try matching.listing(newestOnly: last)
    if !telling.quiet { show(listing) }
    guard !listing.entries.isEmpty else { throw MatchFlags.complainOfNone(telling) }
  }

  private func show(_ listing: CaptureListing) {
    guard telling.json else {
      let text = listing.description
      if !text.isEmpty { Console.print(text) }
      return
    }
    for entry in listing.entries { Console.report(entry.json) }
    if let skipped = listing.skipped {
      Console.report(
        .members(["tool": .string(SalvageVersion.tool), "skipped": skipped.json]))
    }
  }
}
