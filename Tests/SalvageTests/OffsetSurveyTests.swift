import CoreIO
import CoreModel
import Salvage
import SystemPackage
import TestSupport
import Testing

/// Whether what stands in a core stands where its headers say.
@Suite("a core with blocks missing, doubled or strange inside")
struct OffsetSurveyTests {
  struct Loaded: Sendable {
    let bytes: [UInt8]
    let whole: ReferenceCore

    init(fixture: String) throws {
      let folder = try ScratchFolder()
      let path = try SampleCores.fixture(fixture, into: folder)
      try self.init(path)
    }

    init(_ path: FilePath) throws {
      bytes = try ReferenceSource.contents(of: path)
      whole = try ReferenceCore(bytes)
    }

    /// Where the headers end, and the notes where they come before memory.
    var head: Int {
      let memory = whole.loads.filter { $0.fileSize > 0 }.map(\.offset).min() ?? 0
      return Int(
        (whole.noteSegments.map(\.fileRange.upperBound).filter { $0 <= memory }
          + [whole.tableRange.upperBound]).max() ?? 0)
    }

    /// What is wrong with the repair of a damaged copy; behind the last thing that tells, nothing can be.
    func problems(_ damage: BlockDamage, _ shifts: IntakeOptions.Shifts) throws -> [String] {
      let input = damage.applied(to: bytes)
      var options = RepairOptions()
      options.intake.shifts = shifts
      options.rebuild = .none
      let repair = try Repair(of: MemorySource(input), options: options)
      guard !repair.isWhole else { return ["is called whole"] }
      let plan = repair.plan
      let source = PlanSource(plan, repair.source)
      let output = try ReferenceCore(source.bytes(at: 0, count: Int(plan.size)))
      let comparison = try MemoryComparison(whole, output)
      var problems: [String] = []
      if !comparison.different.isEmpty || !comparison.onlyInSecond.isEmpty {
        problems.append("shows wrong bytes: \(comparison)")
      }
      if !repair.report.wayIn.offsets.isMoved { problems.append("not a word of what was moved") }
      return problems
    }
  }

  static let cores: [(name: String, core: Result<Loaded, any Error>)] =
    ["clock-static.whole.core", "clock-32.whole.core", "clock-static.gcore.core"].map { name in
      (name, Result { try Loaded(fixture: name) })
    } + [
      ("this kernel's", Result { try Loaded(SharedCores.small().path) })
    ]

  @Test(
    "shows no byte that is not the process's, is never whole, and says so",
    .needs(.kernelCores, .gcc),
    arguments: 0..<24 as Range<UInt64>)
  func random(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for (name, core) in Self.cores {
      let core = try core.get()
      // What comes last tells nothing of what is behind it: a few pages at the most.
      let end = core.bytes.count - 16 * 4096
      let damage = BlockDamage(of: end, behind: core.head, using: &generator)
      for shifts in [IntakeOptions.Shifts.lose, .mend] {
        let problems = try core.problems(damage, shifts)
        #expect(problems.isEmpty, "\(name), \(shifts): \(damage): \(problems)")
      }
    }
  }

  @Test("is mended up to the places where blocks are missing")
  func yield() throws {
    let core = try Self.cores[0].core.get()
    let damage = BlockDamage(.removed, at: 0x4a000, size: 4096)
    var survived: [UInt64] = []
    for shifts in [IntakeOptions.Shifts.lose, .mend, .ignore] {
      var options = RepairOptions()
      options.intake.shifts = shifts
      let repair = try Repair(of: MemorySource(damage.applied(to: core.bytes)), options: options)
      survived.append(repair.report.memory.survived)
      #expect(repair.report.wayIn.isMended == (shifts == .mend))
    }
    #expect(survived[1] > survived[0] + 150_000)
    // What stands in a wrong place is no memory that survived.
    #expect(survived[2] > survived[1])
  }

  @Test("that were lost again by one doubled later is found between two that stand in their places")
  func betweenTwo() {
    let evidence = [(100, 0), (200, 0), (300, -8), (400, -8), (500, 0)].map {
      OffsetSurvey.Evidence(due: UInt64($0)..<UInt64($0 + 10), moves: [Int64($1)])
    }
    let survey = OffsetSurvey(evidence, head: 50, found: 600, due: 600)
    #expect(survey.pieces.map(\.move) == [0, -8, 0])
    #expect(survey.pieces.map(\.due) == [0..<210, 300..<410, 500..<600])
    #expect(survey.misplaced.map(\.range) == [210..<500, 600..<UInt64.max])
    #expect(survey.uncertain.map(\.range) == [210..<300, 410..<500])
  }

  @Test("are not told by one thing alone, nor by what looks right in two places")
  func weak() {
    func pieces(_ moves: [[Int64]], found: UInt64 = 1000) -> [Int64] {
      let evidence = moves.enumerated().map {
        let start = UInt64(100 * ($0.offset + 1))
        return OffsetSurvey.Evidence(due: start..<start + 10, moves: $0.element)
      }
      return OffsetSurvey(evidence, head: 50, found: found, due: 1000).pieces.map(\.move)
    }
    #expect(pieces([[0], [-8], [0]]) == [0])
    #expect(pieces([[0], [0, -8], [0, -8]]) == [0])
    #expect(pieces([[0], [-8], []]) == [0])
    // The file's end was moved as far.
    #expect(pieces([[0], [-8], []], found: 992) == [0, -8])
    #expect(pieces([[0], [-8], [-8]]) == [0, -8])
    // Bytes can't stand in reverse order.
    #expect(pieces([[0], [-150], [-150]]) == [0])
  }

  // The largest hold 65,000 segments and tell no more.
  @Test(
    "is no core that was only cut, nor a whole one",
    arguments: SampleCores.fixtureNames.filter { !$0.hasPrefix("quilt.many") })
  func noAlarm(name: String) throws {
    let folder = try ScratchFolder()
    let path = try SampleCores.fixture(name, into: folder)
    let bytes = try ReferenceSource.contents(of: path)
    var generator = SeededGenerator(seed: UInt64(bytes.count))
    let sizes = generator.sample(6, of: 64..<UInt64(bytes.count)).map(Int.init) + [bytes.count]
    for size in sizes {
      guard let repair = try? Repair(of: MemorySource(Array(bytes[..<size])), options: .init())
      else { continue }
      let survey = repair.report.wayIn.offsets
      #expect(!survey.isMoved && survey.trailing == 0 && survey.missed == 0, "cut to \(size)")
    }
  }

  @Test(
    "that is still growing is refused, also where it is to be mended", arguments: [true, false])
  func growing(isMended: Bool) throws {
    let bytes = try Loaded(fixture: "bakery.whole.core").bytes
    let folder = try ScratchFolder()
    let damage = BlockDamage(.removed, at: 0x246_f000, size: 4096)
    let path = try folder.write(damage.applied(to: bytes), to: "in.core")
    var options = RepairOptions()
    options.intake.shifts = isMended ? .mend : .lose
    let intake = try Intake.open(.file(path), options: options.intake) { _ throws(SalvageError) in
      throw SalvageError(.badOutput(reason: "is no stream"), file: path)
    }
    let grown = try FileDescriptor.open(path, .writeOnly, options: .append)
    try grown.closeAfter { _ = try grown.writeAll([1]) }
    let error = #expect(throws: SalvageError.self) { try Repair(of: intake, options: options) }
    #expect(error?.kind == .stillWritten(reason: "still grows: somebody writes it"))
    options.intake.acceptsGrowing = true
    let repair = try Repair(of: intake, options: options)
    #expect(repair.intake.wayIn.isMended == isMended)
  }
}
