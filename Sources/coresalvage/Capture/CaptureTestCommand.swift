internal import ArgumentParser
internal import SalvageCapture
internal import SalvageText
internal import SystemPackage

/// `coresalvage capture test`
struct CaptureTestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract:
      "Crash a small process, and print what came of it; exit with 0 if that is a whole core.")

  @Option(
    help: ArgumentHelp(
      "The folder in which cores come to be; else that of the installed daemon.",
      valueName: "folder"), completion: .directory)
  var store: FileArgument?

  @OptionGroup var telling: ReportFlags

  func run() throws {
    let status = try CaptureStatus()
    guard status.isActive else {
      telling.say(status.untriedJSON, [status.description, "", CaptureStatus.untried])
      throw ExitStatus.damage
    }
    let test = try CaptureTest(store: store?.path ?? status.store ?? FileArgument.usualStore.path)
    telling.say(test.json, [test.description])
    if test.inspection?.isWhole != true { throw ExitStatus.damage }
  }
}

/// `coresalvage capture crash`, which `test` starts.
struct CaptureCrashCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "crash", shouldDisplay: false)

  func run() throws { CaptureTest.crash() }
}
