internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// `coresalvage check CORE…`
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Print one line for each core, and exit with 0 (whole), 1 (damaged) or 2 (no core).")

  @Argument(help: "Cores, cut, whole or repaired.")
  var cores: [FileArgument]

  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  @Flag(help: "Print one JSON object for each core, a line each.")
  var json = false

  func run() throws {
    var options = Inspection.Options()
    options.readsLocalFiles = false
    options.readsWholeArchive = true
    var worst = ExitStatus.done
    for core in cores {
      do {
        let inspection = try Inspection(of: core.path, options: options)
        if !quiet { Console.print(json ? inspection.checkJSON.line : inspection.checkText) }
        if !inspection.isWhole || inspection.unreadableText != nil { worst = worst.worse(.damage) }
        if let failure = inspection.report.readFailure {
          Console.complain(failure.advised)
          worst = worst.worse(.system)
        }
      } catch {
        Console.complain(error.advised)
        worst = worst.worse(ExitStatus(error))
      }
    }
    if worst != .done { throw worst }
  }
}
