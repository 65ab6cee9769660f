import Foundation
import Salvage
import SalvageArchive
import SalvageBatch
import SalvageText
import Synchronization
import TestSupport
import Testing

/// Reports through `Codable`'s encoders: the objects that the command prints.
@Suite("an encoded report")
struct EncodableTests {
  private static func check(_ report: some Encodable, is json: JSONValue) throws {
    let encoded = try JSONEncoder().encode(report)
    #expect(
      try ParsedJSON(String(decoding: encoded, as: UTF8.self)) == ParsedJSON(json.line))
    #expect(json.line.count > 40)
  }

  @Test("is the same object as its JSON")
  func isTheSame() throws {
    let folder = try ScratchFolder()
    let core = CoreBuilder.typical().build()
    _ = try folder.makeFolder("cores")
    let input = try folder.write(core.cut(to: 30_000), to: "cores/in.core")
    try folder.write(Array("\u{7f}ELF and no more".utf8), to: "cores/broken")
    let repair = try Repair(of: input)
    try Self.check(repair.report, is: repair.report.json)
    let inspection = try Inspection(of: input)
    try Self.check(inspection, is: inspection.json)
    try repair.write(to: folder.file("out"))
    let record = try RepairRecord(of: folder.file("out"))
    try Self.check(record, is: record.json)
    try repair.archive(to: folder.file("a"))
    let verification = try Verification(of: folder.file("a"))
    try Self.check(verification, is: verification.json)

    let records = Mutex<[BatchRecord]>([])
    let options = BatchOptions(output: folder.file("all").string)
    let tally = try Batch(of: [folder.file("cores")], options: options).run { event in
      if case .finished(let record) = event { records.withLock { $0.append(record) } }
    }
    try Self.check(tally, is: tally.json)
    #expect(records.withLock { $0.count } == 2)
    for record in records.withLock({ $0 }) { try Self.check(record, is: record.json) }
  }
}
