internal import ArgumentParser
internal import SalvageCapture
internal import SalvageText
internal import SystemPackage

/// `coresalvage capture uninstall`
struct CaptureUninstallCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uninstall",
    abstract: "Take back what install did; what was set before is set again, and cores stay.")

  @Option(
    help: ArgumentHelp(
      "Remove files below this folder, and change nothing else.", valueName: "folder"),
    completion: .directory)
  var root: FileArgument?

  @OptionGroup var rehearsal: DryRunFlag

  @OptionGroup var telling: QuietFlag

  func run() throws {
    let hasDone = try Installation.remove(
      below: root?.path ?? "/", isRehearsal: rehearsal.dryRun, log: telling.say)
    if !hasDone { telling.say("There is nothing of coresalvage capture to remove.") }
  }
}
