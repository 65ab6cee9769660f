internal import ArgumentParser
internal import Salvage
internal import SystemPackage

/// `coresalvage [repair] IN OUT`
struct RepairCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair",
    abstract: "Make a core that debuggers load from one that was cut (the default).")

  @Argument(help: "The core as it was found. It is not changed.")
  var input: String

  @Argument(help: "The repaired core.")
  var output: String?

  @OptionGroup var flags: RepairFlags

  @Option(
    help: """
      Write commands for gdb that name the libraries' symbols, for a core that is to stay as it is. \
      OUT may then be left out.
      """,
    completion: .file())
  var gdbScript: String?

  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  @Flag(help: "Print the report as one JSON object.")
  var json = false

  @Flag(name: [.long, .customShort("n")], help: "Print what would be written, and write nothing.")
  var dryRun = false

  func validate() throws {
    guard output != nil || dryRun || gdbScript != nil else {
      throw ValidationError("Missing expected argument '<output>'")
    }
    let names = Coresalvage.configuration.subcommands.map { $0.configuration.commandName }
    // `coresalvage --json note x` would else repair the file `note` into `x`.
    guard !names.contains(input) else {
      throw ValidationError(
        "'\(input)' is a subcommand and comes first; for a file of that name write ./\(input)")
    }
  }

  func run() throws {
    let repair = try Repair(of: FilePath(input), options: flags.options)
    guard !dryRun else { return describe(repair, written: nil) }
    Interruption.watch()
    if let gdbScript {
      try repair.writeGDBScript(to: FilePath(gdbScript))
    }
    guard let output else { return describe(repair, written: nil) }
    let bar = ProgressBar(label: "repairing")
    let written = try repair.write(to: FilePath(output), progress: bar.report)
    bar.clear()
    describe(repair, written: written)
  }

  private func describe(_ repair: Repair, written: Repair.Written?) {
    guard !quiet else { return }
    if json { return Console.print(repair.json(output: output, written).line) }
    var lines = [repair.report.description]
    if let written, let output {
      lines += Self.words(repair, written, output)
    } else if dryRun {
      lines += repair.planDescription
    }
    if let gdbScript, !dryRun {
      lines.append(
        "symbols for the core as it is: gdb -x \(ShellWord(gdbScript)) \(repair.report.programArgument) \(ShellWord(input))"
      )
    }
    Console.print(lines.joined(separator: "\n"))
  }

  private static func words(
    _ repair: Repair, _ written: Repair.Written, _ output: String
  ) -> [String] {
    var lines: [String] = []
    let name = PrintableText(output)
    if repair.inputs.options.extend == .due, written.extend == .none, !repair.report.isWhole {
      lines.append("  note      written without the hole: its due size can't be had here")
    }
    lines.append(
      repair.report.isWhole ? "copied unchanged to \(name)" : "repaired core written to \(name)")
    var gdb = "gdb"
    if let sysroot = repair.sysroots.first { gdb += " -iex \(ShellWord("set sysroot \(sysroot)"))" }
    lines.append("next: \(gdb) \(repair.report.programArgument) \(ShellWord(output))")
    return lines
  }
}
