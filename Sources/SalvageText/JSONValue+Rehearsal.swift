public import CoreIO

extension JSONValue {
  /// The object of a rehearsal, with why its output would be refused as things are; null where nothing is known against it.
  public func rehearsed(_ refusal: String?) -> JSONValue {
    guard case .object(let members) = self else { return self }
    return .object(
      members + [Member(name: "refusal", value: refusal.map(JSONValue.string) ?? .null)])
  }
}
