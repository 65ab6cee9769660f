package import CoreIO
internal import ELFCore

extension LostRange {
  /// The names of causes and states in JSON and text, by their numbers in the note.
  private static let causes: [UInt32: String] = [
    1: "past end of file", 2: "unreadable", 3: "damaged", 4: "named as lost",
    5: "left out", 7: "zeros taken for lost", 8: "damaged note",
  ]
  private static let states: [UInt32: String] = [
    1: "dropped", 2: "zero-marked", 3: "padded", 4: "rebuilt",
  ]

  /// The cause in words, as JSON has it.
  public var causeName: String { Self.causes[cause] ?? "cause \(cause)" }
  /// The state in words, as JSON has it.
  public var stateName: String { Self.states[state] ?? "state \(state)" }

  package var jsonMembers: [JSONValue.Member] {
    [
      .init(name: "address", value: .address(address)),
      .init(name: "length", value: .number(length)),
      .init(name: "offset", value: .number(fileOffset)),
      .init(
        name: "header",
        value: headerIndex == Self.headerTable ? .null : .number(UInt64(headerIndex))),
      .init(name: "flags", value: .number(UInt64(flags))),
      .init(name: "cause", value: .string(causeName)),
      .init(name: "state", value: .string(stateName)),
    ]
  }

  /// Where it was: a range of memory, or a place in the file.
  package var place: String {
    let (end, overflow) = address.addingReportingOverflow(length)
    if headerIndex == Self.headerTable { return "program header table at offset \(fileOffset)" }
    if address == 0 { return "notes at offset \(fileOffset)" }
    return "0x\(hexadecimal(address))-0x\(hexadecimal(overflow ? .max : end))"
  }
}
