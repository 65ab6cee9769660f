import CoreIO
import Salvage
import SalvageBatch
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// What a batch told of each file.
private final class Records: Sendable {
  private let records = Mutex<[BatchRecord]>([])
  var all: [BatchRecord] { records.withLock { $0 } }

  func add(_ event: BatchEvent) {
    guard case .finished(let record) = event else { return }
    records.withLock { $0.append(record) }
  }
}

@Suite("a batch of slim cores that is called as a library")
struct BatchSlimTests {
  @Test("leaves every input where it is, and says why")
  func keepsInputs() throws {
    let folder = try ScratchFolder()
    let input = try folder.makeFolder("in")
    let bytes = CoreBuilder.typical().build().bytes
    try folder.write(bytes, to: "in/whole.core")
    try folder.write(Array(bytes.dropLast(5000)), to: "in/cut.core")
    var options = BatchOptions(output: folder.file("out"))
    options.repair.slim = SlimOptions()
    options.deleteInput = true
    for _ in 0..<2 {
      let records = Records()
      let tally = try Batch(of: [input], options: options).run { records.add($0) }
      #expect(tally.isComplete && tally.inputsDeleted == 0)
      #expect(records.all.count == 2)
      #expect(records.all.allSatisfy { $0.inputKept?.contains("slim") == true })
      #expect(try FileTree.names(in: input).sorted() == ["cut.core", "whole.core"])
    }
    options.output = nil
    options.deleteInput = false
    let records = Records()
    let tally = try Batch(of: [input], options: options).run { records.add($0) }
    #expect(tally[.failed] == 2)
    #expect(try ReferenceSource.contents(of: input.appending("whole.core")) == bytes)
  }
}
