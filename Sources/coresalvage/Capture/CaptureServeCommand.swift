internal import ArgumentParser
internal import Glibc
internal import SalvageCapture
internal import SalvageText
internal import SystemPackage

/// `coresalvage capture serve --socket PATH --store DIR`
struct CaptureServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract:
      "Take crashes from a socket that kernel.core_pattern names (@@PATH), in the foreground.")

  @Option(
    help: ArgumentHelp("Where to listen; core_pattern names it as @@PATH.", valueName: "path"))
  var socket: FileArgument

  @Flag(
    help:
      "Have core_pattern name the socket while this runs; what was set before comes back then, or when it is killed."
  )
  var setPattern = false

  @OptionGroup var storing: StoreFlags

  @OptionGroup var capturing: CaptureFlags

  func run() throws {
    let server = try CaptureServer(
      socket: socket.path, store: storing.opened(), options: capturing.options
    ) { Console.print($0.line, to: .errors) }
    let keeper = try setPattern ? PatternKeeper.take(pattern: "@@\(socket.path)") : nil
    StopSignals.whenReceived {
      // What crashes from now on goes to the former handler, while we finish what we have.
      keeper?.giveBack()
      server.stop()
    }
    if let reason = server.senderObstacle {
      Console.complain("who kills a process while it is captured can't be told: \(reason)")
    }
    server.run {
      Console.print("ready")
      ServiceManager.tell("READY=1")
    }
  }
}
