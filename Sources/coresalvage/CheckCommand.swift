internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// `coresalvage check CORE…`
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", _superCommandName: "coresalvage",
    abstract: "Print one line for each core, and exit with 0 (whole), 1 (damaged) or 2 (no core).")

  @Argument(help: "Cores, cut, whole or repaired.")
  var cores: [FileArgument]

  @OptionGroup var telling: ReportFlags

  @OptionGroup var detail: VerboseFlag

  func run() throws {
    var options = Inspection.Options()
    options.readsLocalFiles = false
    options.readsWholeArchive = true
    var worst = ExitStatus.done
    for core in cores {
      do {
        let inspection = try Inspection(of: core.path, options: options)
        let reasons = detail.verbose ? inspection.reasonLines : []
        telling.say(inspection.verdictJSON, [inspection.checkText] + reasons)
        if !inspection.isSound { worst = worst.worse(.damage) }
        if let failure = inspection.report.readFailure {
          Console.complain(failure.advised)
          worst = worst.worse(.system)
        }
      } catch {
        worst = worst.worse(Console.tell(error, of: core.path, isJSON: telling.json))
      }
    }
    if worst != .done { throw worst }
  }
}
