internal import ArgumentParser

/// `coresalvage capture …`
struct CaptureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capture",
    abstract: "Take cores so that no kill can spoil them: a handler for kernel.core_pattern.",
    subcommands: [
      CaptureServeCommand.self, CapturePipeCommand.self,
      CaptureInstallCommand.self, CaptureUninstallCommand.self, CaptureStatusCommand.self,
      CaptureTestCommand.self,
      CaptureCrashCommand.self, CaptureWatchCommand.self, CaptureRestorePatternCommand.self,
      CapturePipeByCommand.self,
      CaptureListCommand.self, CaptureInfoCommand.self, CaptureDumpCommand.self,
    ])
}
