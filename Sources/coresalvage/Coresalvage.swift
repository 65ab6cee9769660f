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
    version: "coresalvage \(SalvageVersion.current)",
    subcommands: [
      RepairCommand.self, UndoCommand.self, SlimCommand.self, BatchCommand.self,
      InspectCommand.self, CheckCommand.self, NoteCommand.self,
      ArchiveCommand.self, BundleCommand.self, RestoreCommand.self, VerifyCommand.self,
      CatCommand.self,
      CaptureCommand.self,
    ],
    defaultSubcommand: RepairCommand.self)
}
