import CoreIO
import CoreModel
import Salvage
import SalvageText
import SystemPackage
import TestSupport
import Testing

@Suite("A captured core")
struct CapturedCoreTests {
  private static func core(
    _ record: CaptureRecord, _ losses: [CapturedCore.Loss] = [],
    machine: BuilderMachine = .x86_64, isFinished: Bool = true
  ) -> CapturedCore {
    var core = CapturedCore(.typical(machine), capture: record.noteDescriptor)
    core.losses = losses
    core.isFinished = isFinished
    return core
  }

  private static func inspect(_ core: CapturedCore) throws -> Inspection {
    var options = Inspection.Options()
    options.readsLocalFiles = false
    return try Inspection(of: .bytes(core.build(), name: "c"), options: options)
  }

  /// Half of the segment at 0x1000000, and all of the last one.
  private static let losses = [
    CapturedCore.Loss(2, 4096..<3 * 4096), CapturedCore.Loss(4, 0..<5 * 4096),
  ]

  // MARK: Whole

  @Test("that is complete is whole, and says how it was taken")
  func whole() throws {
    let found = try Self.inspect(Self.core(CaptureSamples.full))
    #expect(found.isWhole && !found.isRepaired)
    #expect(found.capture == CaptureSamples.full)
    #expect(found.report.died == DeathTime(microseconds: 1_764_397_651_004_212, .capture))
    #expect(found.headlineText.hasPrefix("c: whole, captured by coresalvage, "))
    #expect(found.causes.isEmpty && found.doubt == nil && found.report.lost.isEmpty)
    #expect(found.threads.count == 3)
    let text = found.description
    for words in [
      "\nCaptured\n", "2025-11-29 06:27:31.004212 UTC", "over a socket", "pid 7 in its container",
      "core 0, hard unlimited", "coredump_filter 0x33", "accepted 0.0 ms, pinned 0.4 ms",
      "killed 213 ms after the crash by runc (pid 812, user 0): runc --root /run/runc kill",
      "who was killed 2.1 ms before by shim (pid 1)", "the daemon was killed",
    ] { #expect(text.contains(words), "no \(words) in \(text)") }
    let json = try ParsedJSON(found.json.line)
    #expect(json["whole"]?.bool == true && json["repaired"]?.bool == false)
    #expect(json["capture"]?["kill"]?["at"]?.number == 213_400)
  }

  @Test("that is complete is copied by a repair, and by one in place left alone")
  func copied() throws {
    let bytes = Self.core(CaptureSamples.full).build()
    let repair = try Repair(of: MemorySource(bytes), options: .init())
    #expect(repair.report.isWhole && !repair.report.isRepaired)
    let folder = try ScratchFolder(in: .memory)
    let path = try folder.write(bytes, to: "core")
    try Repair(of: .file(path)).write(to: folder.file("out"))
    #expect(try ReferenceSource.contents(of: folder.file("out")) == bytes)
    _ = try Repair.inPlace(path)
    #expect(try ReferenceSource.contents(of: path) == bytes)
  }

  @Test("was not repaired: there is nothing to undo")
  func undo() throws {
    let folder = try ScratchFolder(in: .memory)
    for losses in [[], Self.losses] {
      let bytes = Self.core(CaptureSamples.full, losses).build()
      let path = try folder.write(bytes, to: "core")
      let error = #expect(throws: SalvageError.self) { try Undo(path) }
      #expect(
        error?.description.hasSuffix(
          "was captured, not repaired: there is nothing to undo") == true)
      #expect(try ReferenceSource.contents(of: path) == bytes)
    }
  }

  @Test("that has not come to its end is never whole, though nothing is listed as lost")
  func unfinished() throws {
    var record = CaptureSamples.plain
    record.steps = [.init(.accepted, 0), .init(.linked, 900)]
    let found = try Self.inspect(Self.core(record, isFinished: false))
    #expect(!found.isWhole && found.threads.count == 3 && found.report.memory.lost == 0)
    #expect(found.headlineText.hasPrefix("c: captured by coresalvage, but not to its end, "))
    #expect(found.report.verdict.reasons.map(\.kind) == [.missing])
    #expect(found.doubt?.hasPrefix("It is not finished") == true)
    record.wasInterrupted = true
    #expect(try Self.inspect(Self.core(record)).isWhole)
  }

  // MARK: In part

  @Test(
    "of which memory is lost says how much, and lists it as the process had it",
    arguments: [BuilderMachine.x86_64, .i386, .s390x, .ppc])
  func lost(_ machine: BuilderMachine) throws {
    for isFinished in [true, false] {
      var record = CaptureSamples.full
      if !isFinished { record.steps.removeLast() }
      let core = Self.core(record, Self.losses, machine: machine, isFinished: isFinished)
      let found = try Self.inspect(core)
      #expect(!found.isWhole && !found.isRepaired)
      #expect(
        found.headlineText
          == "c: captured by coresalvage; 28.6 kB of 45.0 kB of its memory lost")
      #expect(found.report.lost.map(\.range.address) == [0x0100_1000, 0x7ff0_0000])
      #expect(found.report.lost.map(\.range.cause) == [.gone, .gone])
      #expect(found.report.segmentsPartial == 1 && found.report.segmentsLost == 1)
      let mapping = try #require(found.mappings.first { $0.address == 0x0100_0000 })
      #expect(mapping.dumped == 3 * 4096 && mapping.survived == 4096)
      let json = try ParsedJSON(found.json.line)
      #expect(json["lost"]?.array?.first?["cause"]?.string == "gone before it was read")
    }
  }

  @Test("whose lost segments lie side by side has each of them, and those that were cut only once")
  func segments() throws {
    var builder = CoreBuilder.typical()
    let page = [UInt8](repeating: 7, count: 4096)
    builder.segments = (1...4).map {
      BuilderSegment(at: UInt64($0) << 14, page + page + page + page)
    }
    var core = CapturedCore(builder, capture: CaptureSamples.full.noteDescriptor)
    core.losses = [.init(1, 4096..<8192), .init(2, 0..<16384), .init(3, 0..<16384)]
    let found = try Self.inspect(core)
    #expect(found.mappings.map(\.address) == (1...4).map { UInt64($0) << 14 })
    #expect(found.mappings.map(\.survived) == [16384, 12288, 0, 0])
  }

  @Test("that was killed meanwhile: that is the cause, certain, with the sender")
  func killed() throws {
    let found = try Self.inspect(Self.core(CaptureSamples.full, Self.losses))
    #expect(found.causes.map(\.id) == [.killed])
    let cause = try #require(found.causes.first)
    #expect(cause.confidence == .certain)
    #expect(cause.evidence.first?.hasPrefix("It was killed 213 ms after the crash by runc") == true)
    #expect(found.description.contains("\nWhy it was cut\n  certain   killed"))
  }

  @Test(
    "whoever ended it is told apart",
    arguments: [
      (CaptureRecord.Kill.Kind.oom, "the OOM killer, while runc (pid 812) asked for memory"),
      (.cgroup, "through its cgroup by runc (pid 812)"),
      (.namespace, "the init of its pid namespace ended: runc (pid 812)"),
      (.unknown, "perhaps by runc"),
    ])
  func kinds(_ kind: CaptureRecord.Kill.Kind, _ words: String) throws {
    var record = CaptureSamples.plain
    let sender = CaptureRecord.Sender(processID: 812, name: CaptureSamples.bytes("runc"))
    record.kill = .init(kind: kind, microseconds: 90_000, senders: [sender])
    let cause = try Self.inspect(Self.core(record, Self.losses)).causes.first
    #expect(cause?.id == .killed && cause?.confidence == .certain)
    #expect(cause?.evidence.first?.contains(words) == true, "\(cause?.evidence ?? [])")
    record.kill?.senders = []
    let anonymous = try Self.inspect(Self.core(record, Self.losses)).causes.first
    #expect(anonymous?.id == .killed && anonymous?.confidence == .certain)
  }

  @Test("for which there was no room has that as its cause, and not the kill that cost nothing")
  func noRoom() throws {
    let losses = [CapturedCore.Loss(4, 0..<4096, cause: 9)]
    let found = try Self.inspect(Self.core(CaptureSamples.full, losses))
    #expect(found.causes.map(\.id) == [.noSpace])
    #expect(found.causes.first?.confidence == .certain)
    #expect(found.report.lost.first?.range.cause.name == "no room when it was captured")
  }

  @Test("whose notes a kill cut is not whole, though all of its memory is there")
  func cutNotes() throws {
    var record = CaptureSamples.plain
    record.partialThreads = 2
    record.kill = CaptureSamples.kill
    let found = try Self.inspect(Self.core(record, []))
    #expect(!found.isWhole)
    #expect(
      found.description.contains(
        "of 2 threads only the program counter and the stack pointer are known"))
    #expect(found.causes.map(\.id) == [.killed])
    record.partialThreads = nil
    #expect(try Self.inspect(Self.core(record, [])).isWhole)
  }

  @Test("whose daemon was killed, or is at work, says so")
  func interrupted() throws {
    var record = CaptureSamples.plain
    record.wasInterrupted = true
    #expect(
      try Self.inspect(Self.core(record, Self.losses)).doubt?.contains("daemon") == true)
    record.wasInterrupted = false
    record.steps = [.init(.accepted, 0)]
    #expect(
      try Self.inspect(Self.core(record, Self.losses, isFinished: false)).doubt?
        .hasPrefix("It is not finished") == true)
  }

  // MARK: Damaged

  @Test("of which memory is lost is repaired once, and keeps what its capture says")
  func repaired() throws {
    let bytes = Self.core(CaptureSamples.full, Self.losses).build()
    let folder = try ScratchFolder(in: .memory)
    let path = try folder.write(bytes, to: "core")
    do {
      let repair = try Repair(of: .file(path))
      #expect(!repair.report.isWhole && repair.report.capture != nil)
      #expect(repair.report.description.contains("captured by coresalvage; 28.6 kB of 45.0 kB"))
      try repair.write(to: folder.file("out"))
    }
    let record = try RepairRecord(of: .file(folder.file("out")))
    #expect(record.isRepaired && record.isCaptured && !record.isDamaged)
    #expect(record.capture == CaptureSamples.full)
    #expect(record.lost.map(\.address) == [0x0100_1000, 0x7ff0_0000])
    do {
      let again = try Repair(of: .file(folder.file("out"))).report
      #expect(again.isWhole && again.isRepaired)
    }
    let found = try Inspection(of: .file(folder.file("out")))
    #expect(found.isRepaired && !found.isWhole)
    #expect(found.headlineText.contains("; before that captured by coresalvage; 28.6 kB of 45.0"))
    #expect(found.report.lost.count == 2)
    _ = try Undo(folder.file("out"))
    #expect(try ReferenceSource.contents(of: folder.file("out")) == bytes)
    _ = try Repair.inPlace(path)
    _ = try Undo(path)
    #expect(try ReferenceSource.contents(of: path) == bytes)
  }

  @Test("that is cut off anywhere is repaired, with all threads wherever their notes are there")
  func cut() throws {
    let core = Self.core(CaptureSamples.full)
    let bytes = core.build()
    let notesEnd = core.builder.build().notesRange.upperBound
    for size in stride(from: bytes.count - 1, through: notesEnd, by: -997) {
      let report = try Repair(of: MemorySource(Array(bytes[..<size])), options: .init()).report
      #expect(!report.isWhole && report.threads.count == 3, "cut to \(size)")
    }
  }

  @Test("without a LOST note, or with a damaged CAPTURE note, says that more may be lost")
  func damagedNotes() throws {
    var core = Self.core(CaptureSamples.full)
    core.hasLostNote = false
    let found = try Self.inspect(core)
    #expect(!found.isWhole)
    #expect(found.report.verdict.reasons.map(\.kind) == [.notes])
    let bare = CapturedCore(.typical(), capture: Array("{}".utf8))
    let other = try Self.inspect(bare)
    #expect(other.isWhole && other.capture == nil && other.report.isCaptured)
    #expect(try RepairRecord(of: .bytes(bare.build())).isDamaged)
  }

  @Test("note tells what its notes say, in words and JSON")
  func note() throws {
    let record = try RepairRecord(
      of: .bytes(Self.core(CaptureSamples.full, Self.losses).build(), name: "c"))
    #expect(!record.isRepaired && record.isCaptured && !record.isDamaged)
    #expect(record.description.hasPrefix("c: captured by coresalvage\n  when      2025-11-29"))
    let json = try ParsedJSON(record.json.line)
    #expect(json["repaired"]?.bool == false && json["lost"]?.array?.count == 2)
    #expect(json["capture"]?["pid"]?.number == 4242)
  }

  @Test("hostile names in its notes reach neither a terminal nor a page raw")
  func hostileNames() throws {
    var record = CaptureSamples.full
    let hostile = CaptureSamples.bytes("<script>\u{1b}[31m\u{202e}\n'\"&")
    record.name = hostile
    record.host = hostile
    record.program = hostile
    record.commandLine = hostile + [0]
    record.cgroup = hostile
    record.unit = hostile
    record.remark = String(decoding: hostile, as: UTF8.self)
    record.containerID = record.remark
    record.tool = String(decoding: hostile, as: UTF8.self)
    record.kill?.senders[0].name = hostile
    record.kill?.senders[0].commandLine = hostile + [0]
    let found = try Self.inspect(Self.core(record, Self.losses))
    #expect(found.capture == record)
    let text = found.description + found.json.line
    #expect(!text.contains("\u{1b}") && !text.unicodeScalars.contains("\u{202e}"))
    var page = HTMLPage()
    page.add(found)
    #expect(page.html.contains("<h2>Captured</h2>"))
    #expect(page.html.components(of: "<script>") == 0)
    #expect(!page.html.contains("\u{1b}") && !page.html.unicodeScalars.contains("\u{202e}"))
  }

  @Test("no list of losses traps, whatever its numbers are", arguments: [1, 2, 3, 4])
  func hostileLosses(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let bytes = Self.core(CaptureSamples.plain, Self.losses).build()
    // The entries stand before the CAPTURE note.
    let owner = Array("CORESALVAGE".utf8)
    let places = bytes.indices.filter { bytes[$0...].starts(with: owner) }
    let entries = try #require(places.first) + 12 + 32
    for _ in 0..<300 {
      var hostile = bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let field = entries + 8 * Int.random(in: 0..<10, using: &random)
        let value = [UInt64.max, 1 << 63, 0, 4096, random.next()][Int(random.next() % 5)]
        for byte in 0..<8 { hostile[field + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte)) }
      }
      let found = try Inspection(of: .bytes(hostile))
      #expect(!found.description.isEmpty && !found.json.line.isEmpty)
      _ = try Repair(of: MemorySource(hostile), options: .init()).report.description
    }
  }
}

extension String {
  /// How often a text is in it.
  fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
