public import CoreIO
public import Salvage
public import SystemPackage

extension Undo {
  /// All of it, as one object, with the path of the core that it was done to.
  public func json(of path: FilePath) -> JSONValue {
    .members([
      "file": .string(PrintableText(path).description),
      "size": .number(size),
      "verified": .number(verifiedBytes),
      "unchecked": .number(uncheckedBytes),
      "unknown": .number(unknownBytes),
    ])
  }
}
