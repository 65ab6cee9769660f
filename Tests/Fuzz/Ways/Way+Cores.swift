import CoreIO
import CoreModel
import ELFCore
import Salvage
import SalvageText

/// The ways that take a core and leave it as it is.
extension Way {
  /// More bytes than this are not looked at again: an output may have holes of any size.
  static let mostRead: UInt64 = 1 << 20

  func repair(_ bytes: [UInt8], _ choice: Choice) throws(SalvageError) {
    let repair = try Repair(of: MemorySource(bytes), options: choice.options)
    // In a mended one, bytes are not where they were.
    let source = repair.source
    demand(!repair.report.description.isEmpty, "a report has words")
    demand(!repair.json.line.isEmpty, "a report has JSON")
    demand(!repair.planDescription.isEmpty, "a plan has words")
    guard !repair.isWhole else { return }
    let plan = repair.plan
    Self.check(plan, of: source, choice.options)
    // Each input is taken one step further every other time alone: more of them are tried so.
    guard choice[7], plan.size <= Self.mostRead else { return }
    Self.check(repair.planWithoutExtension, of: source, choice.options)
    let output = PlanSource(plan, source)
    let copy = MemorySource(try output.bytes(at: 0, count: Int(plan.size)))
    demand(copy.size == plan.size, "a plan has all of its bytes")
    // What a repair made is a core again, which says so.
    demand(try RepairRecord(of: copy).isRepaired, "an output tells that it is repaired")
    _ = try Repair(of: copy, options: choice.options)
  }

  /// Pieces meet end to end, and no entry shows what is not there.
  private static func check(_ plan: Plan, of source: any ByteSource, _ options: RepairOptions) {
    var end: UInt64 = 0
    for piece in plan.pieces {
      demand(piece.offset == end, "pieces meet")
      if case .input(let range) = piece.content {
        demand(range.upperBound <= source.size, "pieces are in the input")
      }
      end = piece.end
    }
    demand(end == plan.size, "pieces make the whole output")
    guard options.lostMemory != .pad else { return }
    for entry in plan.segments.entries where entry.fileSize > 0 {
      demand(
        entry.fileEnd.map { $0 <= source.size || entry.fileOffset >= plan.tailOffset } ?? false,
        "entries name what is there")
    }
  }

  /// A small core, of a size that the options choose.
  func slim(_ bytes: [UInt8], _ choice: Choice) throws(SalvageError) {
    var options = choice.options
    var slim = SlimOptions()
    if choice[0] { slim.kinds = Set(SlimOptions.Kind.allCases) }
    if choice[1] { slim.depth = 3 }
    if choice[6] { slim.mostBytes = 40_000 }
    if choice[7] { slim.droppedRanges = [4096..<8192] }
    options.slim = slim
    let repair = try Repair(of: MemorySource(bytes), options: options)
    demand(!repair.report.description.isEmpty, "a report has words")
    demand(!repair.json.line.isEmpty, "a report has JSON")
    let plan = repair.plan
    Self.check(plan, of: repair.source, options)
    demand(slim.mostBytes.map { plan.size <= $0 } ?? true, "a slim core has the size asked for")
    guard plan.size <= Self.mostRead else { return }
    let output = PlanSource(plan, repair.source)
    let copy = MemorySource(try output.bytes(at: 0, count: Int(plan.size)))
    demand(try RepairRecord(of: copy).isSlim, "a slim core tells that it is one")
    _ = try Repair(of: copy, options: options)
  }

  func inspect(_ bytes: [UInt8], _ choice: Choice) throws(SalvageError) {
    var options = Inspection.Options()
    options.readsLocalFiles = false
    if choice[0] { options.exitStatus = choice[1] ? -9 : 139 }
    let found = try Inspection(of: MemorySource(bytes), Surroundings(), options: options)
    demand(!found.headlineText.isEmpty, "an inspection has a headline")
    guard self == .inspect else { return }
    if choice[5] {
      demand(!found.json.line.isEmpty, "an inspection has JSON")
      return
    }
    let strip = MemoryStrip(found, width: 10 + Int(choice.bits), hasColour: choice[2])
    demand(!found.text(all: choice[3], strip: strip.lines).isEmpty, "an inspection has words")
    guard choice[6] else { return }
    var page = HTMLPage()
    page.add(found, withDetails: choice[4])
    demand(!page.html.isEmpty, "a page has bytes")
  }

  func note(_ bytes: [UInt8]) throws(SalvageError) {
    let record = try RepairRecord(of: MemorySource(bytes))
    demand(!record.description.isEmpty, "a record has words")
    demand(!record.json.line.isEmpty, "a record has JSON")
  }

  /// The descriptor of a CAPTURE note.
  func json(_ bytes: [UInt8]) {
    if let value = JSONReader.value(of: bytes) {
      demand(
        JSONReader.value(of: Array(value.line.utf8)) == value, "what is written is read again")
    }
    guard let record = CaptureRecord(noteDescriptor: bytes) else { return }
    demand(!record.description.isEmpty, "a capture has words")
    let again = CaptureRecord(noteDescriptor: record.noteDescriptor)
    demand(again == record || again?.modulesLeftOut ?? 0 > 0, "a capture is read again")
  }

  func cat(_ bytes: [UInt8]) throws(SalvageError) {
    // The first bytes say what is asked for.
    let address = bytes.span.integer(at: 0, size: 8, .little) ?? 0
    let length = bytes.span.integer(at: 8, size: 2, .little) ?? 0
    let core = MemorySource(Array(bytes.dropFirst(10)))
    var done: UInt64 = 0
    var given: UInt64 = 0
    try MemoryExcerpt(at: address, length: length).read(from: Intake(core), after: &done) {
      part throws(SalvageError) in
      given += UInt64(part.count)
    }
    demand(given == length, "all that was asked for is given")
  }

  /// A map file, and what it leaves of a core. The first two bytes say how long the map is.
  func map(_ bytes: [UInt8], _ choice: Choice) throws(SalvageError) {
    let length = Int(bytes.span.integer(at: 0, size: 2, .little) ?? 0)
    let rest = bytes.dropFirst(2)
    let map = try MapFile(of: MemorySource(Array(rest.prefix(length))))
    var options = choice.options
    options.intake.lostRanges = map.lost
    let core = MemorySource(Array(rest.dropFirst(length)))
    var intake = Intake(core)
    intake.losses = try options.intake.losses()
    let repair = try Repair(of: intake, options: options)
    demand(!repair.report.description.isEmpty, "a report has words")
    if !repair.isWhole { Self.check(repair.plan, of: repair.source, options) }
  }
}
