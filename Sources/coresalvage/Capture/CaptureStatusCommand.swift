internal import ArgumentParser
internal import SalvageCapture
internal import SalvageText

/// `coresalvage capture status`
struct CaptureStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Print what will happen to the next crash; exit with 0 if it is captured, else 1.")

  @OptionGroup var telling: ReportFlags

  func run() throws {
    let status = try CaptureStatus()
    telling.say(status.json, [status.description])
    if !status.isActive { throw ExitStatus.damage }
  }
}
