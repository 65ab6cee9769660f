internal import ArgumentParser
internal import SalvageText

/// The command. Parses, resolves options, calls the library, prints: nothing else.
struct Coresalvage: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coresalvage",
    abstract: "Makes cut core dumps useful again.",
    usage: """
      coresalvage [repair] IN OUT [options]
      coresalvage [repair] --in-place CORE [options]
      coresalvage SUBCOMMAND ...
      """,
    discussion: """
      coresalvage in.core out.core, then the command that it prints, which opens it in gdb

      IN and OUT may be - for standard input and output. Without --in-place the input is never changed; the output appears whole or not at all; what is lost is listed and never shown \
      as if it had been saved.
      """,
    version: SalvageVersion.tool,
    subcommands: subcommands,
    defaultSubcommand: RepairCommand.self)

  private static let subcommands: [any ParsableCommand.Type] = [
    RepairCommand.self, UndoCommand.self, SlimCommand.self, BatchCommand.self,
    InspectCommand.self, CheckCommand.self, NoteCommand.self,
    ArchiveCommand.self, BundleCommand.self, RestoreCommand.self, VerifyCommand.self,
    CatCommand.self,
    CaptureCommand.self,
  ]

  /// The command that the words ask for; what is wrong with them is thrown with the usage of it.
  static func parsed(_ words: [String]) throws -> any ParsableCommand {
    try parsedAlone(words) ?? parseAsRoot(words)
  }

  /// The command by itself. From the root the parser looks for a completion script first, and makes the options of the default
  /// twice: most of a start. Whatever it throws, and help, is the root's to tell: a command alone doesn't know its full name.
  private static func parsedAlone(_ words: [String]) -> (any ParsableCommand)? {
    guard let first = words.first, first != "help" else { return nil }
    let named = subcommands.first { $0.configuration.commandName == first }
    let command = named ?? RepairCommand.self
    let parsed = try? command.parseAsRoot(named == nil ? words : Array(words.dropFirst()))
    return parsed.flatMap { type(of: $0) == command ? $0 : nil }
  }
}
