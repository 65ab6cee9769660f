internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

// The one table of the options that several commands have: what each is called, its words, and what it does. A command takes
// the groups that mean something to it, and has nothing in its help that it refuses. coresalvage(1) has the same table.

/// Whether what it did is told at all, of a command that has no JSON.
struct QuietFlag: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  func say(_ text: String) { if !quiet { Console.print(text) } }
}

/// How a command tells what it did.
struct ReportFlags: ParsableArguments {
  @OptionGroup var quietness: QuietFlag

  @Flag(help: "Print JSON in place of text, an object a line; of a failure too.")
  var json = false

  var quiet: Bool { quietness.quiet }

  /// Refuses a page that would go where the objects go. To be asked in `validate`: of an error of later on, the parser can't
  /// tell whose it is.
  func check(page: FileArgument?) throws {
    guard json, let page, let place = try? OutputPlace(page.path), place.isStandardOutput else {
      return
    }
    throw ValidationError("--json and the page both want standard output")
  }

  /// Prints the report, in the form that was asked for.
  func say(
    _ json: @autoclosure () throws -> JSONValue, _ lines: @autoclosure () throws -> [String],
    to channel: StandardStream = .output
  ) rethrows {
    guard !quiet else { return }
    guard !self.json else { return Console.report(try json(), to: channel) }
    Console.print(try lines().joined(separator: "\n"), to: channel)
  }
}

/// Whether there is more to say than is said by itself.
struct VerboseFlag: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Say more, where there is more to say.")
  var verbose = false

  /// The report; every lost range with --verbose.
  func lines(of report: RepairReport) -> [String] {
    [report.description] + (verbose ? report.lossLines : [])
  }

  /// What could not be had and was done another way.
  func fallbacks(_ written: Repair.Written) -> [String] {
    guard verbose else { return [] }
    // Not in JSON: it is so for every large core before Linux 6.14, and changes nothing of the output.
    let reading = "read through the page cache: the input's file system can't leave it as it was"
    return (written.fallbacks + (written.isReadPlainly ? [reading] : []))
      .map { "  note      \($0)" }
  }
}

/// Whether work that may be long tells how far it has come.
struct ProgressFlag: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: "Tell on standard error how far long work has come; by itself on a terminal alone.")
  var progress: Bool?

  func bar(_ label: String, _ telling: ReportFlags) -> ProgressBar {
    ProgressBar(label: label, isWanted: progress ?? (telling.quiet ? false : nil))
  }
}

/// Where the output goes, beside the operand that names it.
struct OutputFlags: ParsableArguments {
  @Option(
    name: [.customShort("o", allowingJoined: true), .long],
    help: ArgumentHelp(
      "The output, where no operand names it; - for standard output.", valueName: "file"))
  var output: FileArgument?

  @Flag(name: .shortAndLong, help: "Replace an output that exists.")
  var force = false

  /// The output, however it was named; nil where it was not.
  func path(_ operand: FileArgument?) throws -> FilePath? {
    guard operand == nil || output == nil else {
      throw ValidationError(
        "The output is named twice: '\(operand?.words ?? "")' and --output '\(output?.words ?? "")'"
      )
    }
    return (operand ?? output)?.path
  }

  /// Why the output would be refused if this were no rehearsal, and what helps; nil where nothing is known against it.
  func refusal(of place: OutputPlace?, _ input: FileArgument) -> String? {
    place?.obstacle(for: input.path, replacing: force)?.advised
  }
}

/// How much is done at once.
struct JobsFlag: ParsableArguments {
  @Option(
    name: [.customShort("j", allowingJoined: true), .long],
    help: ArgumentHelp(
      "How much is done at once; else as much as there are processors.", valueName: "n"))
  var jobs: Int?

  /// What it was called where it counted threads.
  @Option(help: ArgumentHelp(visibility: .hidden))
  var threads: Int?

  var count: Int? { jobs ?? threads }

  func validate() throws {
    guard count.map({ (1...1024).contains($0) }) ?? true else {
      throw ValidationError("--jobs is 1 to 1024")
    }
  }
}

/// Whether all is only told.
struct DryRunFlag: ParsableArguments {
  @Flag(
    name: [.customShort("n"), .long],
    help: "Print what would be done, and change and write nothing.")
  var dryRun = false
}

extension ReportFlags {
  /// Prints what would be done: the report and the pieces of the output, then what else there is to say.
  func rehearse(
    _ repair: Repair, _ detail: VerboseFlag, _ last: [String] = [], refusal: String?,
    to channel: StandardStream = .output
  ) {
    say(repair.json.rehearsed(refusal), detail.lines(of: repair.report), to: channel)
    guard !quiet, !json else { return }
    Console.print(repair.planDescription, to: channel)
    Console.print(last + refusal.rehearsalLines, to: channel)
  }
}

extension String? {
  /// The line that tells of a refusal; none where there is none.
  var rehearsalLines: [String] { map { ["this would be refused: \($0)"] } ?? [] }
}
