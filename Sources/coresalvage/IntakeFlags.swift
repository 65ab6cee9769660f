public import ArgumentParser
public import SalvageText
internal import SystemPackage

extension IntakeOptions.ZeroTail: @retroactive ExpressibleByArgument {}
extension IntakeOptions.Holes: @retroactive ExpressibleByArgument {}
extension IntakeOptions.Shifts: @retroactive ExpressibleByArgument {}

/// What the user knows of an input, as typed.
struct IntakeFlags: ParsableArguments {
  @Option(help: "A map file of GNU ddrescue: all that it doesn't call finished is lost.")
  var mapfile: FileArgument?

  @Option(
    name: .customLong("lost-range"),
    help: ArgumentHelp(
      "A range of the input that is lost; several with commas, or given again.",
      valueName: "offset:length"))
  var lostRanges: [LostRangeArgument] = []

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

  @Option(
    help: "Where a stream is put while it comes when the output is no file.",
    completion: .directory)
  var tempDir: FileArgument?

  /// The options, as meant.
  func options(force: Bool) -> IntakeOptions {
    var options = IntakeOptions()
    options.mapFile = mapfile?.path
    options.lostRanges = lostRanges.flatMap(\.ranges)
    options.zeroTail = zeroTail
    options.zeroRuns = zeroRuns.value
    options.holes = holes
    options.shifts = shifts
    options.acceptsGrowing = force
    if let folder = tempDir?.path ?? Environment.temporaryFolder {
      options.temporaryFolder = folder
    }
    return options
  }
}

/// `OFFSET:LENGTH`, each decimal or hexadecimal after `0x`; several with commas.
struct LostRangeArgument: ExpressibleByArgument {
  let ranges: [Range<UInt64>]

  init?(argument: String) {
    let words = argument.split(separator: ",", omittingEmptySubsequences: false)
    ranges = words.compactMap(Self.range)
    guard ranges.count == words.count else { return nil }
  }

  private static func range(_ word: Substring) -> Range<UInt64>? {
    let parts = word.split(separator: ":", omittingEmptySubsequences: false)
      .compactMap { NumberArgument(argument: String($0))?.value }
    guard parts.count == 2, parts[1] > 0 else { return nil }
    let (end, overflow) = parts[0].addingReportingOverflow(parts[1])
    return overflow ? nil : parts[0]..<end
  }

  private static let option = "--lost-range"

  /// The words of a command line with all ranges in one option: the parser looks at all words once more for each option that
  /// is given again, and a script may name thousands.
  static func joined(_ words: [String]) -> [String] {
    guard words.count(where: { $0.hasPrefix(option) }) > 1 else { return words }
    var result: [String] = []
    var ranges: [String] = []
    var place: Int?
    var position = 0
    while position < words.count, words[position] != "--" {
      let word = words[position]
      let value =
        word == option && position + 1 < words.count
        ? words[position + 1]
        : word.hasPrefix(option + "=") ? String(word.dropFirst(option.count + 1)) : nil
      // What is none is left for the parser to name.
      guard let value, LostRangeArgument(argument: value) != nil else {
        result.append(word)
        position += 1
        continue
      }
      place = place ?? result.count
      ranges.append(value)
      position += word == option ? 2 : 1
    }
    if let place { result.insert(contentsOf: [option, ranges.joined(separator: ",")], at: place) }
    return result + words[position...]
  }
}

/// `keep`, `lost` or `lost:SIZE`, a number of bytes with or without K, M or G (of 1024).
struct ZeroRunsArgument: ExpressibleByArgument {
  let value: IntakeOptions.ZeroRuns

  init(value: IntakeOptions.ZeroRuns) { self.value = value }

  init?(argument: String) {
    switch argument {
    case "keep": value = .keep
    case "lost": value = .lost(from: IntakeOptions.ZeroRuns.usualSize)
    default:
      guard argument.hasPrefix("lost:") else { return nil }
      var digits = Substring(argument.dropFirst(5))
      let units: [Character: UInt64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
      let unit = digits.last.flatMap { units[$0] }
      if unit != nil { digits = digits.dropLast() }
      guard let number = NumberArgument(argument: String(digits))?.value, number > 0 else {
        return nil
      }
      let (size, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
      guard !overflow else { return nil }
      value = .lost(from: size)
    }
  }

  var defaultValueDescription: String { "keep" }
}
