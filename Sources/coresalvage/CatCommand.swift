internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// `coresalvage cat CORE ADDRESS LENGTH`
struct CatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cat", _superCommandName: "coresalvage",
    abstract: "Write memory from a core or an archive, by its address.")

  @Argument(help: "A core or an archive.")
  var core: FileArgument

  @Argument(help: "Where the memory was in the process: decimal, or hexadecimal after 0x.")
  var address: NumberArgument

  @Argument(help: "How many bytes; with K, M or G, of 1024.")
  var length: NumberArgument

  @OptionGroup var placing: OutputFlags

  /// A hostile core may name a million.
  private static let mostTold = 16

  func run() throws {
    let place = try OutputPlace(placing.path(nil) ?? OutputPlace.standard)
    try place.refuseTerminal()
    let memory = MemoryExcerpt(at: address.value, length: length.value)
    var rebuilt = 0
    defer {
      if rebuilt > Self.mostTold {
        let more = rebuilt - Self.mostTold
        Console.complain("and \(more) \(more == 1 ? "range" : "ranges") more")
      }
    }
    var doubts: Set<CoreVerdict.Reason> = []
    try memory.write(
      from: core.path, to: place, replacing: placing.force,
      rebuilt: { range in
        rebuilt += 1
        guard rebuilt <= Self.mostTold else { return }
        Console.complain("\(PrintableText(core.path)): \(range.remark)")
      },
      doubted: { doubt in
        guard doubts.insert(doubt).inserted else { return }
        Console.complain("\(PrintableText(core.path)): \(doubt.words)")
      })
    guard !doubts.contains(where: \.isDamage) else { throw ExitStatus.damage }
  }
}
