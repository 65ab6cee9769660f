internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// `coresalvage note CORE`
struct NoteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "note",
    abstract: "Print what a repaired core says of itself: what was lost, and where it came from.")

  @Argument(help: "A repaired core.")
  var core: FileArgument

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let record = try RepairRecord(of: core.path)
    Console.print(json ? record.json.line : record.description)
    if let failure = record.readFailure { throw failure }
  }
}
