internal import ArgumentParser
internal import CoreIO
internal import CoreModel
internal import Salvage
internal import SystemPackage

/// A number as people write addresses and sizes: decimal, or hexadecimal after `0x`.
struct NumberArgument: ExpressibleByArgument {
  let value: UInt64

  init?(argument: String) {
    guard let value = Number.parse(argument.utf8[...]) else { return nil }
    self.value = value
  }
}

/// `coresalvage cat CORE ADDRESS LENGTH`
struct CatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cat",
    abstract: "Write memory from a core or an archive to standard output, by its address.")

  @Argument(help: "An archive or a core.")
  var archive: FileArgument

  @Argument(help: "Where the memory was in the process; 0x for hexadecimal.")
  var address: NumberArgument

  @Argument(help: "How many bytes.")
  var length: NumberArgument

  func run() throws {
    let memory = MemoryExcerpt(at: address.value, length: length.value)
    let place = try OutputPlace(OutputPlace.standard)
    try place.refuseTerminal()
    var inputs = InputSet()
    inputs.insert(at: archive.path)
    let output = try place.stream(sparing: inputs)
    try memory.read(from: archive.path) { bytes throws(SalvageError) in try output.write(bytes) }
  }
}
