import CoreIO
import Salvage
import SalvageBatch
import Synchronization
import TestSupport
import Testing

@Suite("a batch that nobody looks at")
struct BatchQuietTests {
  @Test("neither counts nor inspects, and writes the same")
  func same() throws {
    let folder = try ScratchFolder()
    let bytes = CoreBuilder.typical().build().bytes
    let input = try folder.makeFolder("in")
    for number in 1...5 {
      try folder.write(Array(bytes.dropLast(5000 * number)), to: "in/\(number).core")
    }
    for (name, isQuiet) in [("loud", false), ("quiet", true)] {
      var options = BatchOptions(output: folder.file(name))
      if isQuiet {
        options.isSurveyed = false
        options.inspected = .none
      }
      let seen = Mutex((surveys: 0, inspections: 0))
      let tally = try Batch(of: [input], options: options).run { event in
        seen.withLock { seen in
          switch event {
          case .surveyed: seen.surveys += 1
          case .finished(let record): seen.inspections += record.inspection == nil ? 0 : 1
          default: break
          }
        }
      }
      #expect(tally.isComplete && tally[.repaired] == 5)
      #expect(seen.withLock { $0.surveys } == (isQuiet ? 0 : 1))
      #expect(seen.withLock { $0.inspections } == (isQuiet ? 0 : 5))
    }
    for number in 1...5 {
      let loud = try ReferenceSource.contents(of: folder.file("loud/\(number).core"))
      #expect(loud == (try ReferenceSource.contents(of: folder.file("quiet/\(number).core"))))
    }
  }
}
