internal import CoreIO
public import Salvage
public import SalvageArchive
public import SalvageBatch

// What is encoded is the object that the command prints with `--json`: see coresalvage-format(5).

extension RepairReport: Encodable {
  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}

extension Inspection: Encodable {
  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}

extension RepairRecord: Encodable {
  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}

extension Verification: Encodable {
  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}

extension BatchRecord: Encodable {
  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}

extension BatchTally: Encodable {
  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}
