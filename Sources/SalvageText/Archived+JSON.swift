public import CoreIO
public import Salvage
public import SalvageArchive
public import SystemPackage

extension Repair.Archived {
  /// The report, and the archive that was written, as one object.
  public func json(output place: OutputPlace) -> JSONValue {
    guard case .object(var members) = report.json else { return report.json }
    members += JSONValue.output(place.path, size: size, next: Self.next(for: place))
    members.append(.init(name: "coreSize", value: .number(coreSize)))
    return .object(members)
  }

  /// What to type next: the command that gets the core out again; nil for a stream.
  public static func next(for place: OutputPlace) -> String? {
    place.isStream ? nil : "coresalvage restore \(ShellWord(place.path)) restored.core"
  }
}

extension Restore.Restored {
  /// All of it, as one object: the report's members where something was lost.
  public func json(
    input: FilePath, output place: OutputPlace?, failure: SalvageError? = nil
  ) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init(name: "tool", value: .string(SalvageVersion.tool)),
      .init(name: "input", value: .string(PrintableText(input).description)),
      .init(name: "error", value: failure.map { .string($0.advised) } ?? .null),
    ]
    if case .object(let report)? = report?.json {
      members += report.filter { !["tool", "input", "error"].contains($0.name) }
    }
    members += JSONValue.output(place?.path, size: size, next: place.flatMap(Self.next))
    members.append(.init(name: "archiveRemarks", value: .array(remarks.map(JSONValue.string))))
    members.append(.init(name: "archiveDamaged", value: .bool(isDamaged)))
    members.append(.init(name: "doubts", value: .array(doubts.map(\.json))))
    members.append(.init(name: "complete", value: .bool(isComplete)))
    return .object(members)
  }

  /// What to type next: the command that tells what the core is; nil for a stream.
  public static func next(for place: OutputPlace) -> String? {
    place.isStream ? nil : "coresalvage inspect \(ShellWord(place.path))"
  }
}

extension JSONValue {
  /// What every command that writes something tells of it, by the same names.
  static func output(
    _ path: FilePath?, size: UInt64?, next: String?, needs: String? = nil
  ) -> [Member] {
    [
      Member(
        name: "output", value: path.map { .string(PrintableText($0).description) } ?? .null),
      Member(name: "outputSize", value: size.map(JSONValue.number) ?? .null),
      Member(name: "next", value: next.map(JSONValue.string) ?? .null),
      Member(name: "nextNeeds", value: needs.map(JSONValue.string) ?? .null),
    ]
  }
}
