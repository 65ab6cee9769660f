public import ArgumentParser
public import Salvage
internal import SystemPackage

extension IntakeOptions.ZeroTail: ExpressibleByArgument {}

/// What the user knows of an input, as typed.
struct IntakeFlags: ParsableArguments {
  @Option(help: "A map file of GNU ddrescue: all that it doesn't call finished is lost.")
  var mapfile: FileArgument?

  @Option(
    name: .customLong("lost-range"),
    help: ArgumentHelp(
      "A range of the input that is lost; may be given again.", valueName: "offset:length"))
  var lostRanges: [LostRangeArgument] = []

  @Option(
    help: "What zeros at the end of the input are: memory (keep), or what a power cut left (lost).")
  var zeroTail = IntakeOptions.ZeroTail.keep

  @Option(
    help: "Where a stream is put while it comes when the output is no file.",
    completion: .directory)
  var tempDir: FileArgument?

  /// The options, as meant.
  func options(force: Bool) -> IntakeOptions {
    var options = IntakeOptions()
    options.mapFile = mapfile?.path
    options.lostRanges = lostRanges.map(\.range)
    options.zeroTail = zeroTail
    options.acceptsGrowing = force
    if let folder = tempDir?.path ?? Environment.temporaryFolder {
      options.temporaryFolder = folder
    }
    return options
  }
}

/// `OFFSET:LENGTH`, each decimal or hexadecimal after `0x`.
struct LostRangeArgument: ExpressibleByArgument {
  let range: Range<UInt64>

  init?(argument: String) {
    let parts = argument.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 2, let start = Number.parse(parts[0]), let length = Number.parse(parts[1]),
      length > 0
    else { return nil }
    let (end, overflow) = start.addingReportingOverflow(length)
    guard !overflow else { return nil }
    range = start..<end
  }
}
