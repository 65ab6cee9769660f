public import ArgumentParser
public import SalvageText
internal import SystemPackage

extension IntakeOptions.ZeroTail: @retroactive ExpressibleByArgument {}
extension IntakeOptions.Holes: @retroactive ExpressibleByArgument {}
extension IntakeOptions.Shifts: @retroactive ExpressibleByArgument {}

/// What the user knows of inputs, as typed.
struct IntakeFlags: ParsableArguments {
  @Option(
    help: "What zeros at the end of the input are: memory (keep), or what a power cut left (lost).")
  var zeroTail = IntakeOptions.ZeroTail.keep

  @Option(
    help: ArgumentHelp(
      """
      What runs of zeros in the memory are: memory (keep), or lost, from 64 KiB on (lost) or from another size on \
      (lost:SIZE).
      """, valueName: "keep|lost|lost:size"))
  var zeroRuns = ZeroRunsArgument(value: .keep)

  @Option(
    help: "What holes in the memory are: pages never touched (keep), or what was left out (lost).")
  var holes = IntakeOptions.Holes.keep

  @Option(
    help: """
      What becomes of memory that stands elsewhere than the headers say, for a block before it is missing or there \
      twice: it is lost (lose), put back to its place (mend), or shown as it stands (ignore).
      """)
  var shifts = IntakeOptions.Shifts.lose

  @Flag(help: "Take a core that is still being written, as it is now.")
  var growing = false

  /// The options, as meant.
  var options: IntakeOptions {
    var options = IntakeOptions()
    options.zeroTail = zeroTail
    options.zeroRuns = zeroRuns.value
    options.holes = holes
    options.shifts = shifts
    options.acceptsGrowing = growing
    if let folder = Environment.temporaryFolder { options.temporaryFolder = folder }
    return options
  }
}

/// What the user knows of one input, and of no other.
struct OneInputFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A map file of GNU ddrescue: all that it doesn't call finished is lost.", valueName: "file"))
  var mapfile: FileArgument?

  @Option(
    name: .customLong("lost-range"),
    help: ArgumentHelp(
      "A range of the input that is lost; several with commas, or given again.",
      valueName: "offset:length"))
  var lostRanges: [LostRangeArgument] = []

  @OptionGroup var intake: IntakeFlags

  @Option(
    help: ArgumentHelp(
      "Where a stream is put while it comes when the output is no file.", valueName: "folder"),
    completion: .directory)
  var tempDir: FileArgument?

  /// The options, as meant.
  var options: IntakeOptions {
    var options = intake.options
    options.mapFile = mapfile?.path
    options.lostRanges = lostRanges.flatMap(\.ranges)
    if let tempDir { options.temporaryFolder = tempDir.path }
    return options
  }
}
