internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// A number as people write addresses and sizes: decimal, or hexadecimal after `0x`.
struct NumberArgument: ExpressibleByArgument {
  let value: UInt64

  init?(argument: String) {
    let isHexadecimal = argument.hasPrefix("0x") || argument.hasPrefix("0X")
    let digits = isHexadecimal ? argument.dropFirst(2) : argument[...]
    // `UInt64.init` takes a sign.
    guard digits.first?.isHexDigit ?? false,
      let value = UInt64(digits, radix: isHexadecimal ? 16 : 10)
    else { return nil }
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
    try OutputPlace(OutputPlace.standard).refuseTerminal()
    let memory = MemoryExcerpt(at: address.value, length: length.value)
    try memory.write(from: archive.path, to: .standardOutput)
  }
}
