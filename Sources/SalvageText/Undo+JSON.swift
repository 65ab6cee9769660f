public import CoreIO
public import Salvage
public import SystemPackage

extension Undo {
  /// All of it, as one object, with the path of the core that it was done to.
  public func json(of path: FilePath) -> JSONValue {
    .members([
      "tool": .string(SalvageVersion.tool),
      "input": .string(PrintableText(path).description),
      "error": .null,
      "next": .string("coresalvage inspect \(ShellWord(path))"),
      "size": .number(size),
      "verified": .number(verifiedBytes),
      "unchecked": .number(uncheckedBytes),
      "unknown": .number(unknownBytes),
      "damage": .array(damage.map(\.json)),
    ])
  }
}
