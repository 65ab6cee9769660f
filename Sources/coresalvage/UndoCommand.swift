internal import ArgumentParser
internal import Salvage
internal import SystemPackage

/// `coresalvage undo CORE`
struct UndoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "undo",
    abstract: "Give back the core that a repaired one was made from, byte for byte, in place.")

  @Argument(help: "A core that coresalvage repaired.")
  var core: FileArgument

  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  func run() throws {
    let undo = try Undo(core.path)
    guard !quiet else { return }
    Console.print("\(PrintableText(core.path)) is again as it was: \(ByteCount(undo.size))")
    if undo.unknownBytes > 0 {
      Console.print(
        "  note      \(ByteCount(undo.unknownBytes)) of it were lost to the repair too: they are what"
          + " stood in the repaired core")
    }
  }
}
