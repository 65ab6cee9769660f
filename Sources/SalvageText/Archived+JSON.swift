public import CoreIO
public import Salvage
public import SalvageArchive
public import SystemPackage

extension Repair.Archived {
  /// The report, and what was written to `archive`, as one object.
  public func json(archive: FilePath) -> JSONValue {
    guard case .object(var members) = report.json else { return report.json }
    members.append(.init(name: "archive", value: .string(PrintableText(archive).description)))
    members.append(.init(name: "archiveSize", value: .number(size)))
    members.append(.init(name: "coreSize", value: .number(coreSize)))
    return .object(members)
  }
}

extension Restore.Restored {
  /// All of it, as one object: the report's members where something was lost.
  public func json(archive: FilePath, output: FilePath) -> JSONValue {
    var members: [JSONValue.Member] = []
    if case .object(let report)? = report?.json { members = report }
    members.append(.init(name: "archive", value: .string(PrintableText(archive).description)))
    members.append(.init(name: "output", value: .string(PrintableText(output).description)))
    members.append(.init(name: "outputSize", value: .number(size)))
    members.append(.init(name: "archiveRemarks", value: .array(remarks.map(JSONValue.string))))
    members.append(.init(name: "archiveDamaged", value: .bool(isDamaged)))
    members.append(.init(name: "complete", value: .bool(report == nil)))
    return .object(members)
  }
}
