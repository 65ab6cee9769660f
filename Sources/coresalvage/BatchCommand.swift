public import ArgumentParser
internal import Glibc
internal import SalvageText
internal import Synchronization
internal import SystemPackage

extension BatchOptions.Whole: @retroactive ExpressibleByArgument {}

/// `coresalvage batch CORE|DIR… --output OUTDIR`
struct BatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch", _superCommandName: "coresalvage",
    abstract: "Repair many cores: files, and all in folders, known by content and not by name.")

  @Argument(help: "Cores, and folders with cores.")
  var inputs: [FileArgument]

  @Option(
    name: [.customShort("o", allowingJoined: true), .long],
    help: ArgumentHelp(
      "The folder for the outputs. Paths below folders are kept.", valueName: "folder"),
    completion: .directory)
  var output: FileArgument?

  @Flag(help: "Repair each core itself; compressed ones can't be.")
  var inPlace = false

  @Flag(help: "Write archives, as `coresalvage archive` does, of whole cores too.")
  var archive = false

  @OptionGroup var archiving: ArchiveFlags

  @Flag(help: "Write slim cores, as the command slim makes them, of whole cores too.")
  var slim = false

  @OptionGroup var keeping: SlimFlags

  @Flag(name: .shortAndLong, help: "Enter folders in the folders.")
  var recursive = false

  @Option(
    help: ArgumentHelp(
      "Only files whose name is matched by this pattern; with a slash in it, whose path.",
      valueName: "pattern"))
  var match: String?

  @Option(help: "What becomes of whole cores: left (skip), copied, or hard-linked.")
  var whole = BatchOptions.Whole.skip

  @Flag(help: "Remove each input once its output is synced, read again and found right.")
  var deleteInput = false

  @Option(
    help: ArgumentHelp(
      """
      K/N: do the Kth of N equal shares of the files. auto: the share of a task of a Slurm array or of a \
      Kubernetes Indexed Job.
      """, valueName: "k/n|auto"))
  var shard: String?

  @Option(
    help: ArgumentHelp(
      "Write a page that shows every core: open it in a browser. - for standard output.",
      valueName: "file"))
  var report: FileArgument?

  @OptionGroup var flags: RepairFlags

  @OptionGroup var writing: WritingFlags

  @OptionGroup var intake: IntakeFlags

  @Flag(
    name: .shortAndLong,
    help: "Replace outputs that are not of these cores and options, or not of coresalvage at all.")
  var force = false

  @OptionGroup var working: JobsFlag

  @OptionGroup var rehearsal: DryRunFlag

  @OptionGroup var telling: ReportFlags

  @OptionGroup var detail: VerboseFlag

  @OptionGroup var advance: ProgressFlag

  func validate() throws {
    guard inPlace != (output != nil) else {
      throw ValidationError(
        inPlace
          ? "--in-place has no outputs: leave out --output"
          : "Say where the repaired cores are to go: --output FOLDER; or repair the files themselves: --in-place"
      )
    }
    guard output?.path != OutputPlace.standard else {
      throw ValidationError("--output is a folder; a batch has no single output for -")
    }
    guard archive || !archiving.isGiven else {
      throw ValidationError(
        "--level, --block-size, --content-checksum and --label go with --archive")
    }
    guard !archive || !inPlace && whole == .skip else {
      throw ValidationError("--archive has whole cores archived, and writes into --output alone")
    }
    try keeping.check(isSlim: slim, flags, writing.reflink)
    guard !slim || !inPlace && whole == .skip && !deleteInput else {
      throw ValidationError(
        """
        --slim makes small cores of whole ones too, beside their inputs: neither --in-place nor --whole nor \
        --delete-input goes with it
        """)
    }
    guard !archive || flags.lost != .pad || flags.extend == .due else {
      throw ValidationError("--lost pad needs --extend due in an archive")
    }
    guard !inPlace || whole == .skip && !deleteInput else {
      throw ValidationError(
        "--in-place has no outputs: neither --whole nor --delete-input goes with it")
    }
    _ = try shardMeant()
    if !rehearsal.dryRun { try telling.check(page: report) }
  }

  private func shardMeant() throws -> BatchShard? {
    guard let shard else { return nil }
    if shard == "auto" {
      guard let found = BatchShard(environment: Self.variable) else {
        throw ValidationError(
          """
          --shard auto needs JOB_COMPLETION_INDEX with JOB_COMPLETION_COUNT, or SLURM_ARRAY_TASK_ID with \
          SLURM_ARRAY_TASK_COUNT of an array that is one range
          """)
      }
      return found
    }
    guard let found = BatchShard(shard) else {
      throw ValidationError("--shard is K/N with K from 1 to N, or auto")
    }
    return found
  }

  private static func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  private func options() throws -> BatchOptions {
    var options = BatchOptions(output: output?.path)
    options.recursive = recursive
    options.match = match.map { ArgumentBytes.bytes(of: $0) }
    options.whole = whole
    options.deleteInput = deleteInput
    options.inspected = report != nil ? .all : telling.quiet ? .none : .cut
    options.isSurveyed = !telling.quiet
    options.isRehearsal = rehearsal.dryRun
    if let jobs = working.count { options.jobs = jobs }
    options.shard = try shardMeant()
    options.repair = try flags.options(holesCost: archive)
    writing.set(&options.repair)
    options.repair.intake = intake.options
    options.repair.force = force
    if slim { options.repair.slim = keeping.options }
    if archive {
      options.archive = archiving.options
      // The jobs share the processors.
      options.archive?.threads = max(1, BatchOptions(output: nil).jobs / options.jobs)
    }
    return options
  }

  func run() throws {
    // A page shows what came of it: before that there is none.
    let place = try rehearsal.dryRun ? nil : report.map { try OutputPlace($0.path) }
    let isOutputTaken = place?.isStandardOutput ?? false
    Console.begin(with: nil, to: place)
    let batch = try Batch(of: inputs.map(\.path), options: options())
    let view = BatchView(
      telling, isVerbose: detail.verbose, progress: advance.progress,
      isRehearsal: rehearsal.dryRun, channel: isOutputTaken ? .errors : .output)
    if let place { try batch.check(page: place, replacing: force || HTMLPage.isMade(at: place)) }
    if rehearsal.dryRun, !telling.quiet, !telling.json {
      Console.print("Nothing is written or removed: this is what would be done.")
    }
    let page = Mutex(HTMLPage())
    let tally = try batch.run { event in
      view.show(event)
      guard place != nil, case .finished(let record) = event, record.outcome.isCore else { return }
      page.withLock { $0.add(record) }
    }
    if let place {
      try page.withLock { try $0.write(to: place, cores: [], force: force) }
      if !place.isStream, !telling.quiet, !telling.json {
        Console.print(
          "page written to \(PrintableText(place.name))\nnext: xdg-open \(ShellWord(place.path))")
      }
    }
    guard tally.left == nil else { throw ExitStatus.system }
    guard tally.isComplete else { throw ExitStatus.damage }
  }
}
