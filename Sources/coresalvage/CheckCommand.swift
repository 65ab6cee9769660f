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

  func run() throws {
    var options = Inspection.Options()
    options.readsLocalFiles = false
    options.readsWholeArchive = true
    var worst = ExitStatus.done
    for core in cores {
      do {
        let inspection = try Inspection(of: core.path, options: options)
        let unreadable = inspection.unreadableText.map { "; " + $0 } ?? ""
        if !quiet { Console.print(inspection.headlineText + unreadable) }
        if !inspection.isWhole || !unreadable.isEmpty { worst = worst.worse(.damage) }
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
