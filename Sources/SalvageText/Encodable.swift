internal import CoreIO
public import Salvage
public import SalvageArchive
public import SalvageBatch

// What is encoded is the object that the command prints with `--json`: see coresalvage-format(5).

extension RepairReport: Encodable {
  /// As the object that `json` is.
  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}

extension Inspection: Encodable {
  /// As the object that `json` is.
  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}

extension RepairRecord: Encodable {
  /// As the object that `json` is.
  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}

extension Verification: Encodable {
  /// As the object that `json` is.
  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}

extension BatchRecord: Encodable {
  /// As the object that `json` is.
  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}

extension BatchTally: Encodable {
  /// As the object that `json` is.
  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}
