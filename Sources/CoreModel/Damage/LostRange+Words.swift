package import CoreIO
internal import ELFCore

extension LostRange.Cause {
  private static let names: [Self: String] = [
    .pastEnd: "past end of file", .unreadable: "unreadable", .damaged: "damaged",
    .named: "named as lost", .leftOut: "left out", .gone: "gone before it was read",
    .zeros: "zeros taken for lost", .note: "damaged note",
    .noRoom: "no room when it was captured", .notKept: "left out on request",
  ]

  /// Its name in JSON and text; its number for one that we don't know.
  public var name: String { Self.names[self] ?? "cause \(rawValue)" }
}

extension LostRange.State {
  private static let names: [Self: String] = [
    .dropped: "dropped", .zeroMarked: "zero-marked", .padded: "padded", .rebuilt: "rebuilt",
  ]

  /// Its name in JSON and text; its number for one that we don't know.
  public var name: String { Self.names[self] ?? "state \(rawValue)" }
}

extension LostRange {
  package var jsonMembers: [JSONValue.Member] {
    [
      .init(name: "address", value: .address(address)),
      .init(name: "length", value: .number(length)),
      .init(name: "offset", value: .number(fileOffset)),
      .init(
        name: "header",
        value: headerIndex.map { .number(UInt64($0)) } ?? .null),
      .init(name: "flags", value: .number(UInt64(flags.rawValue))),
      .init(name: "cause", value: .string(cause.name)),
      .init(name: "state", value: .string(state.name)),
    ]
  }

  /// Where it was: a range of memory, or a place in the file.
  package var place: String {
    let (end, overflow) = address.addingReportingOverflow(length)
    if headerIndex == nil { return "program header table at offset \(fileOffset)" }
    if address == 0 { return "notes at offset \(fileOffset)" }
    return "0x\(hexadecimal(address))-0x\(hexadecimal(overflow ? .max : end))"
  }
}
