internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// `coresalvage undo CORE`
struct UndoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "undo",
    abstract: "Give back the core that a repaired one was made from, in place.")

  @Argument(help: "A core that coresalvage repaired.")
  var core: FileArgument

  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  @Flag(help: "Print what was done as one JSON object.")
  var json = false

  func run() throws {
    let undo = try Undo(core.path)
    guard !quiet else { return }
    guard !json else { return Console.print(undo.json(of: core.path).line) }
    Console.print(
      "\(PrintableText(core.path)): the repair is undone: \(ByteCount(undo.size)), as it found them"
    )
    Console.print(
      "  checked   \(ByteCount(undo.verifiedBytes)): the headers and notes are what the repair found"
    )
    Console.print(
      "  unchecked \(ByteCount(undo.uncheckedBytes)): the repair never wrote the memory; if anybody changed it"
        + " since, it is changed")
    if undo.unknownBytes > 0 {
      Console.print(
        "  note      \(ByteCount(undo.unknownBytes)) of it were lost to the repair too: they are what"
          + " stood in the repaired core")
    }
  }
}
