public import CoreIO
internal import CoreModel
public import Salvage

extension Inspection {
  /// One line: which core, whether it is whole, what of it can't be read, and when its process died.
  public var checkText: String {
    var words = headlineText
    if let unreadableText { words += "; \(unreadableText)" }
    if let died = report.died, died.doubt == nil { words += "; died \(died)" }
    return words
  }

  /// The same as one object.
  public var checkJSON: JSONValue {
    .members([
      "input": .string(PrintableText(report.input).description),
      "sizeFound": .number(report.sizeFound),
      "sizeDue": report.sizeDue.map(JSONValue.number) ?? .null,
      "whole": .bool(isWhole),
      "repaired": .bool(isRepaired),
      "state": .string(stateText),
      "unreadable": unreadableText.map(JSONValue.string) ?? .null,
      "died": report.died?.json ?? .null,
    ])
  }
}
