internal import ArgumentParser
internal import SalvageText

/// `coresalvage capture list [MATCH…]`
struct CaptureListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List captured cores, the newest last, and the crashes that were too many to capture."
  )

  @OptionGroup var matching: MatchFlags

  @Flag(name: [.customShort("1"), .long], help: "Only the newest of them.")
  var last = false

  @Flag(
    help:
      "Print one JSON object for each core, a line each; a last one for the crashes that were not captured."
  )
  var json = false

  @Flag(name: .shortAndLong, help: "Print nothing: the exit status tells whether any core matches.")
  var quiet = false

  func run() throws {
    let listing = try matching.listing(newestOnly: last)
    if !quiet { show(listing) }
    guard !listing.entries.isEmpty else {
      throw quiet ? ExitStatus.damage : MatchFlags.complainOfNone()
    }
  }

  private func show(_ listing: CaptureListing) {
    guard json else {
      let text = listing.description
      if !text.isEmpty { Console.print(text) }
      return
    }
    for entry in listing.entries { Console.print(entry.json.line) }
    if let skipped = listing.skipped {
      Console.print(JSONValue.members(["skipped": skipped.json]).line)
    }
  }
}
