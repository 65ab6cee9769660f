internal import ArgumentParser
internal import SalvageCapture
internal import SalvageText
internal import SystemPackage

/// `coresalvage capture watch`, which a daemon starts: gives the kernel's settings back when that one is killed.
struct CaptureWatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "watch", shouldDisplay: false)

  @Argument var state: FileArgument
  @Argument var process: Int32
  @Argument var start: UInt64

  func run() throws { try PatternWatch.run(state: state.path, process: process, start: start) }
}

/// `coresalvage capture restore-pattern`: what a daemon that was killed, and its watch with it, did not give back.
struct CaptureRestorePatternCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore-pattern", shouldDisplay: false)

  func run() throws { try PatternKeeper.restoreLeft() }
}

/// `coresalvage capture pipe-by FILE …`: `capture pipe` with options from a file, a word a line, where a core_pattern has no room.
struct CapturePipeByCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "pipe-by", shouldDisplay: false)

  @Argument var file: FileArgument
  @Argument var facts: [String]

  func run() throws {
    let words = try InstallPlan.words(in: file.path)
    let command = try CapturePipeCommand.parse(words + facts)
    try command.run()
  }
}
