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
    // The parser builds all of the default's options twice before it looks at the words: two thirds of a start.
    defaultSubcommand: namesWhatToDo ? nil : RepairCommand.self)

  private static let subcommands: [any ParsableCommand.Type] = [
    RepairCommand.self, UndoCommand.self, SlimCommand.self, BatchCommand.self,
    InspectCommand.self, CheckCommand.self, NoteCommand.self,
    ArchiveCommand.self, BundleCommand.self, RestoreCommand.self, VerifyCommand.self,
    CatCommand.self,
    CaptureCommand.self,
  ]

  /// Whether the first word leaves nothing to a default.
  private static var namesWhatToDo: Bool {
    guard let word = ArgumentBytes.words.first else { return false }
    return subcommands.contains { $0.configuration.commandName == word }
  }
}
