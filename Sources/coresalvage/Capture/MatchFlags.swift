internal import ArgumentParser
internal import SalvageCapture
internal import SalvageText
internal import SystemPackage

extension FileArgument {
  /// Where cores are kept when nobody says.
  static let usualStore = FileArgument(path: "/var/lib/coresalvage")

  var defaultValueDescription: String { PrintableText(path).description }
}

/// Which cores of a store are meant.
struct MatchFlags: ParsableArguments {
  @Argument(
    help: """
      Cores by the pid, the path or the short name of their process, by their systemd unit, or by their own name; else all.
      """)
  var match: [FileArgument] = []

  @Option(
    help: ArgumentHelp("The folder with the cores.", valueName: "folder"), completion: .directory)
  var store = FileArgument.usualStore

  // A time may begin with a minus: -2h is no option then.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      Crashes from then on, in UTC: "2026-11-29 06:27", 2026-11-29, @SECONDS, today, yesterday, -2h, -30min.
      """, valueName: "time"))
  var since: MomentArgument?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Crashes up to then.", valueName: "time"))
  var until: MomentArgument?

  /// The listing, which may be empty.
  func listing(newestOnly: Bool) throws -> CaptureListing {
    var match = CaptureMatch(match.map(\.path))
    match.since = since?.moment.microseconds
    match.until = until?.moment.microseconds
    match.isNewestOnly = newestOnly
    return try CaptureStore.list(in: store.path, matching: match)
  }

  /// What is said where there is nothing to tell of.
  static func complainOfNone(_ telling: ReportFlags) -> ExitStatus {
    guard !telling.quiet else { return .damage }
    return Console.tell("no core matches", .damage, isJSON: telling.json, isOfAll: true)
  }
}

/// A moment, as it was typed.
struct MomentArgument: ExpressibleByArgument {
  let moment: Moment

  init?(argument: String) {
    guard let moment = Moment(argument) else { return nil }
    self.moment = moment
  }
}
