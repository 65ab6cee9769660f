extension Report {
  /// All of it, as one object. Addresses are hexadecimal strings; sizes are numbers of bytes.
  public var json: JSON {
    .members([
      "input": .string(PrintableText(input).description),
      "sizeFound": .number(sizeFound),
      "sizeDue": sizeDue.map(JSON.number) ?? .null,
      "whole": .bool(isWhole),
      "reasons": .array(verdict.reasons.map(\.json)),
      "repaired": .bool(isRepaired),
      "machine": machine.map(JSON.string) ?? .null,
      "machineNumber": .number(UInt64(machineNumber)),
      "writer": .string(writer.rawValue),
      "program": program.map(JSON.text) ?? .null,
      "commandLine": commandLine.map(JSON.text) ?? .null,
      "pid": processID.map { .number(UInt64($0)) } ?? .null,
      "signal": signal.map { .number(UInt64($0)) } ?? .null,
      "threads": .array(threads.map(\.json)),
      "foreignThreads": .number(UInt64(foreignThreads)),
      "memoryDumped": .number(memory.size),
      "memorySurvived": .number(memory.survived),
      "segmentsWhole": .number(UInt64(segmentsWhole)),
      "segmentsPartial": .number(UInt64(segmentsPartial)),
      "segmentsLost": .number(UInt64(segmentsLost)),
      "wayIn": wayIn.json,
      "lost": .array(lost.map(\.json)),
      "linkMap": linkMapJSON,
      "rebuilt": .array(rebuilt.map(\.json)),
      "modules": .array(modules.map(\.json)),
      "mappingsReduced": .bool(mappingsReduced),
    ])
  }
}

extension Verdict.Reason {
  var json: JSON {
    .members([
      "kind": .string(kind.rawValue), "text": .string(text), "damage": .bool(isDamage),
    ])
  }
}

extension Report.Thread {
  var json: JSON {
    .members([
      "tid": .number(UInt64(id)),
      "pc": programCounter.map(JSON.address) ?? .null,
      "sp": stackPointer.map(JSON.address) ?? .null,
    ])
  }
}

extension Report.Loss {
  var json: JSON {
    .object((range.jsonMembers + [.init(name: "what", value: .string(what))]))
  }
}

extension LostRange {
  /// The names of causes and states in JSON and text, by their numbers in the note.
  private static let causes: [UInt32: String] = [
    1: "past end of file", 2: "unreadable", 3: "damaged", 4: "named as lost",
    7: "zeros taken for lost",
    8: "damaged note",
  ]
  private static let states: [UInt32: String] = [
    1: "dropped", 2: "zero-marked", 3: "padded", 4: "rebuilt",
  ]

  public var causeName: String { Self.causes[cause] ?? "cause \(cause)" }
  public var stateName: String { Self.states[state] ?? "state \(state)" }

  var jsonMembers: [JSON.Member] {
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
}
