public import ArgumentParser
public import SalvageText

extension RepairOptions.Extend: @retroactive ExpressibleByArgument {}
extension RepairOptions.LostMemory: @retroactive ExpressibleByArgument {}
extension Sparseness: @retroactive ExpressibleByArgument {}
extension RepairOptions.Reflink: @retroactive ExpressibleByArgument {}

/// What a repaired core looks like, as typed.
struct RepairFlags: ParsableArguments {
  @Option(
    help: """
      What stands in the file where lost bytes were: a hole (due; the default), or nothing (none; the default on \
      standard output and in an archive).
      """)
  var extend: RepairOptions.Extend?

  @Option(
    help: """
      What becomes of lost memory: its program headers are dropped, kept with p_filesz 0 (zero), or left over \
      the hole (pad). With zero and pad, debuggers show zeros that the process never had.
      """)
  var lost = RepairOptions.LostMemory.drop

  @OptionGroup var rebuilding: RebuildFlags

  func validate() throws {
    guard lost != .pad || extend != RepairOptions.Extend.none else {
      throw ValidationError("--lost pad needs the hole that --extend none leaves out")
    }
  }

  /// The options, as meant. In a pipe or an archive a hole costs what data costs.
  func options(holesCost: Bool = false) throws -> RepairOptions {
    var options = RepairOptions()
    options.extend = extend ?? (holesCost && lost != .pad ? .none : .due)
    options.lostMemory = lost
    try rebuilding.set(&options)
    return options
  }
}

/// How a core is written into a file, as typed.
struct WritingFlags: ParsableArguments {
  @Option(help: "When stretches of zeros become holes.")
  var sparse = Sparseness.auto

  @Option(help: "When the output shares its data with the input (XFS, Btrfs).")
  var reflink = RepairOptions.Reflink.auto

  func set(_ options: inout RepairOptions) {
    options.sparse = sparse
    options.reflink = reflink
  }
}
