internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// `coresalvage restore ARCHIVE OUT`
struct RestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", _superCommandName: "coresalvage",
    abstract: "Get the core out of an archive or a bundle again, as much of it as is not damaged.")

  @Argument(help: "The archive or the bundle; - for standard input.")
  var archive: FileArgument

  @Argument(help: "The core; - for standard output.")
  var output: FileArgument?

  @Option(help: "When stretches of zeros become holes.")
  var sparse = Sparseness.auto

  @Option(
    help: ArgumentHelp(
      "Where an archive from a pipe is put while it is read.", valueName: "folder"),
    completion: .directory)
  var tempDir: FileArgument?

  @OptionGroup var placing: OutputFlags

  @OptionGroup var working: JobsFlag

  @OptionGroup var rehearsal: DryRunFlag

  @OptionGroup var telling: ReportFlags

  @OptionGroup var detail: VerboseFlag

  @OptionGroup var advance: ProgressFlag

  func validate() throws {
    let output = try placing.path(output)
    guard output != nil || rehearsal.dryRun else {
      throw ValidationError(
        "Say where the core is to go: coresalvage restore \(ShellWord(archive.path)) restored.core")
    }
  }

  func run() throws {
    let place = try rehearsal.dryRun ? nil : placing.path(output).map { try OutputPlace($0) }
    Console.begin(with: archive.path, to: place)
    try place?.refuseTerminal()
    let folder = tempDir?.path ?? Environment.temporaryFolder ?? IntakeOptions().temporaryFolder
    let restore = try Restore(of: archive.path, threads: working.count, temporaryFolder: folder)
    var options = RepairOptions()
    options.sparse = sparse
    options.force = placing.force
    let bar = advance.bar("restoring", telling)
    let restored =
      if let place { try restore.write(to: place, options: options, progress: bar.report) } else {
        try restore.rehearsed(options: options, progress: bar.report)
      }
    bar.clear()
    if let place { Console.hasWritten(place) }
    describe(restored, place, try rehearsal.dryRun ? refusal() : nil, restore.readFailure)
    if let failure = restore.readFailure { throw failure }
    guard restored.isComplete, !restored.isDamagedBefore else { throw ExitStatus.damage }
  }

  /// Why the output would be refused if this were no rehearsal; nil where nothing is known against it.
  private func refusal() throws -> String? {
    do {
      return try placing.refusal(of: placing.path(output).map { try OutputPlace($0) }, archive)
    } catch let error as SalvageError {
      return error.advised
    }
  }

  private func describe(
    _ restored: Restore.Restored, _ place: OutputPlace?, _ refusal: String?,
    _ failure: SalvageError?
  ) {
    let isTaken = place?.isStandardOutput ?? false
    let told = restored.json(input: archive.path, output: place, failure: failure)
    let json = rehearsal.dryRun ? told.rehearsed(refusal) : told
    guard !telling.quiet, !telling.json else {
      return telling.say(json, [], to: isTaken ? .errors : .output)
    }
    if restored.report == nil, restored.isDamaged {
      // Nothing vouches for the core of such a bundle.
      let words =
        restored.isFromBundle
        ? "is damaged; bundle it anew"
        : "is damaged, though nothing of the core is lost; archive it anew"
      Console.complain("\(archive.words): \(words)")
      for remark in restored.remarks { Console.complain("\(archive.words): \(remark)") }
    }
    for doubt in restored.doubts {
      let words =
        doubt.isDamage ? "was damaged before it was put in" : "is in doubt since it was repaired"
      Console.complain("\(archive.words): its core \(words): \(doubt.words)")
    }
    if isTaken {
      if let report = restored.report { Console.complain(report.description) }
      return
    }
    var lines = restored.report.map { detail.lines(of: $0) } ?? []
    lines.append(words(restored, place))
    lines += refusal.rehearsalLines
    if let next = place.flatMap(Restore.Restored.next) { lines.append("next: \(next)") }
    telling.say(json, lines)
  }

  private func words(_ restored: Restore.Restored, _ place: OutputPlace?) -> String {
    let size = ByteCount(restored.size)
    let how = restored.isFromBundle ? "as it is in the bundle" : "every block checked"
    guard let place else {
      return restored.report == nil
        ? "it would be restored, \(size), \(how)" : "what survived would be written, \(size)"
    }
    let name = PrintableText(place.name)
    guard restored.report == nil else { return "what survived was written to \(name)" }
    return "restored to \(name), \(size), \(how)"
  }
}
