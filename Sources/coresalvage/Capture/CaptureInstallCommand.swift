public import ArgumentParser
public import SalvageCapture
internal import SalvageText
internal import SystemPackage

extension InstallOptions.Mode: @retroactive ExpressibleByArgument {}

/// `coresalvage capture install`
struct CaptureInstallCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "install",
    abstract: "Have this machine's crashes captured, from now on and after a restart.")

  @Option(
    help: ArgumentHelp("The folder for cores.", valueName: "folder"), completion: .directory)
  var store = FileArgument.usualStore

  @Option(
    help: """
      socket: a daemon of systemd's takes crashes. pipe: the kernel starts coresalvage for each. auto: socket where kernel \
      and systemd allow.
      """)
  var mode = InstallOptions.Mode.auto

  @Option(
    help: ArgumentHelp(
      "Write files below this folder, and change nothing else, as systemctl has it.",
      valueName: "folder"), completion: .directory)
  var root: FileArgument?

  @OptionGroup var rehearsal: DryRunFlag

  @OptionGroup var telling: QuietFlag

  @Argument(
    parsing: .postTerminator, help: "Further options for `capture serve` and `capture pipe`.")
  var options: [String] = []

  func validate() throws {
    // A wrong one would show only when the daemon is started.
    guard !options.isEmpty else { return }
    do {
      _ = try CapturePipeCommand.parse(["--store", "/"] + options + ["1"])
    } catch {
      throw ValidationError(CapturePipeCommand.message(for: error))
    }
  }

  func run() throws {
    var wanted = InstallOptions(program: try OwnProgram.path)
    wanted.mode = mode
    wanted.store = store.path
    wanted.words = options
    if let root { wanted.root = root.path }
    let plan = try InstallPlan(wanted, on: DumpMachine(root: wanted.root))
    guard !rehearsal.dryRun else { return telling.say(plan.description) }
    try Installation.apply(plan, log: telling.say)
    guard wanted.isForThisMachine, !telling.quiet else { return }
    Console.print(try CaptureStatus().description)
  }
}
