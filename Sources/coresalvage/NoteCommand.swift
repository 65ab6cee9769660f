internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// `coresalvage note CORE`
struct NoteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "note", _superCommandName: "coresalvage",
    abstract: "Print what a repaired core says of itself: what was lost, and where it came from.")

  @Argument(help: "A repaired core.")
  var core: FileArgument

  @OptionGroup var telling: ReportFlags

  func run() throws {
    Console.begin(with: core.path)
    let record = try RepairRecord(of: core.path)
    telling.say(record.json, [record.description])
    if let failure = record.readFailure { throw failure }
    guard !record.doubts.contains(where: \.isDamage) else { throw ExitStatus.damage }
  }
}
