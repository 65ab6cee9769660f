import TestSupport
import Testing

/// Built cores of eight machines, in both layouts that are found in the wild, cut everywhere.
@Suite("a core of any machine, cut")
struct BuiltCutTests {
  struct Kind: Sendable, CustomTestStringConvertible {
    var machine: BuilderMachine
    var layout: CoreBuilder.Layout
    var usesExtendedNumbering = false
    var testDescription: String {
      "\(machine), \(layout)\(usesExtendedNumbering ? ", PN_XNUM" : "")"
    }

    static let all = BuilderMachine.all.flatMap { machine in
      CoreBuilder.Layout.allCases.map { Kind(machine: machine, layout: $0) }
    }
    static let extended = [BuilderMachine.x86_64, .i386, .ppc, .s390x].map {
      Kind(machine: $0, layout: .kernel, usesExtendedNumbering: true)
    }

    var core: BuiltCore {
      var builder = CoreBuilder.typical(machine, threads: 2, layout: layout)
      builder.usesExtendedNumbering = usesExtendedNumbering
      return builder.build()
    }
  }

  @Test(
    "at every byte of its headers and notes, and at pages, keeps what came before",
    arguments: Kind.all)
  func everyByte(of kind: Kind) throws {
    let core = kind.core
    let whole = try ReferenceCore(core.bytes)
    var cuts = Set(0...core.tableRange.upperBound + 1)
    cuts.formUnion(core.notesRange.lowerBound - 1...core.notesRange.upperBound)
    for page in stride(from: 4096, to: core.bytes.count, by: 4096) {
      cuts.formUnion([page - 1, page, page + 1])
    }
    if !core.sectionRange.isEmpty {
      cuts.formUnion(core.sectionRange.lowerBound...core.sectionRange.upperBound)
    }
    check(cuts.filter { $0 < core.bytes.count }, of: core, whole)
  }

  @Test(
    "loses the count of its program headers and is repaired by their places",
    arguments: Kind.extended)
  func extendedNumbering(of kind: Kind) throws {
    let core = kind.core
    let whole = try ReferenceCore(core.bytes)
    #expect(whole.isExtended)
    var cuts = Set(
      core.tableRange.lowerBound + whole.format.programHeaderSize...core.notesRange.upperBound)
    cuts.formUnion(core.sectionRange.lowerBound..<core.bytes.count)
    check(cuts, of: core, whole)
  }

  private func check(_ cuts: Set<Int>, of core: BuiltCore, _ whole: ReferenceCore) {
    var failures = 0
    for size in cuts.sorted() {
      let problems = RenderedRepair.problems(cutting: core.bytes, whole, to: size)
      guard !problems.isEmpty else { continue }
      failures += 1
      if failures <= 3 { Issue.record("cut to \(size): \(problems.joined(separator: "; "))") }
    }
    #expect(failures == 0)
  }
}
