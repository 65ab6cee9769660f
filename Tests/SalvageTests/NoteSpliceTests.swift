import CoreIO
import CoreModel
import ELFCore
import Salvage
import TestSupport
import Testing

/// A core in which a block is missing from the notes, or stands twice in them, held against the whole one.
@Suite("a core with bytes missing from its notes, or too many")
struct NoteSpliceTests {
  /// A note wherever it stands.
  private struct PlainNote: Hashable, Sendable {
    var owner: String
    var type: UInt32
    var descriptor: [UInt8]
  }

  private struct Whole: Sendable {
    let original: SplicedSource.Original
    let core: ReferenceCore
    let notes: Range<Int>
    /// The notes of each thread, by its NT_PRSTATUS.
    private(set) var threads: [[UInt8]: Set<PlainNote>] = [:]
    private let all: Set<PlainNote>

    init(fixture: String) throws {
      let folder = try ScratchFolder()
      let bytes = try ReferenceSource.contents(of: SampleCores.fixture(fixture, into: folder))
      original = SplicedSource.Original(bytes)
      core = try ReferenceCore(bytes)
      let segment = core.noteSegments[0]
      notes = Int(segment.offset)..<Int(segment.fileRange.upperBound)
      var all: Set<PlainNote> = []
      var thread: [UInt8]?
      for note in core.notes {
        let plain = PlainNote(owner: note.owner, type: note.type, descriptor: note.descriptor)
        all.insert(plain)
        if note.owner == "CORE", note.type == ReferenceNote.prstatus { thread = note.descriptor }
        if let thread { threads[thread, default: []].insert(plain) }
      }
      self.all = all
    }

    /// What is wrong with what is told of a copy with `size` bytes missing from `place` on, or so many more standing twice.
    ///
    /// - Parameter size: where it is cut off besides; nil for nowhere.
    func problems(
      at place: Int, change: Int, _ shifts: IntakeOptions.Shifts, cutTo size: Int? = nil
    ) throws -> [String] {
      var options = IntakeOptions()
      options.shifts = shifts
      let source = SplicedSource(original, at: place, change: change, cutTo: size)
      let intake = try Intake(source).mended(shifts)
      let read = try Core(intake, options: options)
      var problems: [String] = []
      var thread: Set<PlainNote> = []
      for note in read.structure.notes {
        let bytes = try read.source.bytes(
          at: note.descriptorOffset, count: Int(note.descriptorSize))
        let plain = PlainNote(
          owner: String(decoding: note.owner, as: UTF8.self), type: note.kind.rawValue,
          descriptor: bytes)
        let name = "\(plain.owner) \(plain.type) at \(note.fileOffset)"
        guard all.contains(plain) else {
          problems.append("\(name) is none of the whole core's")
          continue
        }
        if plain.owner == "CORE", plain.type == ReferenceNote.prstatus {
          thread = threads[bytes] ?? []
        }
        let isOfThread = plain.owner == "LINUX" && plain.type != 0x205 || plain.type == 2
        if isOfThread, !thread.contains(plain) { problems.append("\(name) is another thread's") }
      }
      if read.verdict.isWhole { problems.append("is called whole") }
      // Where the file ends early, not much is left to tell by.
      guard size == nil else { return problems }
      let survey = read.wayIn.offsets
      // Of a block that stands twice, either may be the one too many.
      let due = UInt64(place)...UInt64(change < 0 ? place - change : place)
      let wanted = change < 0 ? due : UInt64(place - change)...UInt64(place)
      if survey.isMoved {
        let seam = survey.seams.first
        if survey.seams.count != 1 || seam?.change != Int64(change)
          || !(seam.map {
            change < 0
              ? $0.range.lowerBound <= wanted.lowerBound && wanted.upperBound <= $0.range.upperBound
              : ($0.range.lowerBound...$0.range.upperBound).overlaps(wanted)
          } ?? false)
        {
          problems.append("names \(survey.seams) for \(due)")
        }
      } else if let first = survey.doubtedNotes.first, let last = survey.doubtedNotes.last {
        if !(first.lowerBound...last.upperBound).contains(UInt64(place)) {
          problems.append("doubts \(survey.doubtedNotes) for \(place)")
        }
      } else if change < -8 {
        problems.append("doubts nothing")
      }
      return problems + (try memoryProblems(read))
    }

    private func memoryProblems(_ read: Core) throws -> [String] {
      for load in core.loads where load.fileSize > 0 {
        for offset in stride(from: load.offset, to: load.fileRange.upperBound, by: 4096 * 8) {
          guard read.damage.survives(offset..<offset + 256), offset + 256 <= read.source.size
          else { continue }
          let bytes = try read.source.bytes(at: offset, count: 256)
          if !bytes.isIdentical(to: Array(original.bytes[Int(offset)..<Int(offset) + 256])) {
            return ["shows wrong memory at \(offset)"]
          }
        }
      }
      return []
    }
  }

  private static let wholes: [(name: String, core: Result<Whole, any Error>)] =
    [
      "clock-static.whole.core", "clock-32.whole.core", "clock-static.gcore.core",
      "bakery.whole.core",
    ]
    .map { name in (name, Result { try Whole(fixture: name) }) }

  private static let sizes = [4, 32, 64, 200, 356, 512, 1000, 3340, 4096, 65_536]

  @Test(
    "shows no register that the whole one doesn't, names the place, and moves no memory",
    arguments: 0..<UInt64(Environment["CORESALVAGE_SPLICES"].flatMap { Int($0) } ?? 4))
  func random(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for (name, core) in Self.wholes {
      let core = try core.get()
      for size in Self.sizes {
        let place =
          Int.random(in: core.notes.lowerBound / 4..<core.notes.upperBound / 4, using: &generator)
          * 4
        for change in [-size, size] where place >= change {
          guard place - change <= core.original.bytes.count,
            change < 0 || place - change > core.notes.lowerBound
          else { continue }
          // By whole notes, in a file that ends early, nothing is left to tell.
          for size in [356, 3340].contains(size)
            ? [] : [core.notes.upperBound + 8192, core.notes.upperBound - 700]
          {
            let problems = try core.problems(at: place, change: change, .lose, cutTo: size)
            #expect(problems.isEmpty, "\(name), cut to \(size): \(change) at \(place): \(problems)")
          }
          for shifts in [IntakeOptions.Shifts.lose, .mend] {
            let problems = try core.problems(at: place, change: change, shifts)
            #expect(problems.isEmpty, "\(name), \(shifts): \(change) at \(place): \(problems)")
          }
        }
      }
    }
  }

  @Test("loses no note where it is only cut off in them")
  func onlyCut() throws {
    for (name, core) in Self.wholes {
      let core = try core.get()
      for size in stride(from: core.notes.lowerBound + 400, to: core.notes.upperBound, by: 52) {
        let source = SplicedSource(core.original, at: size, change: 0, cutTo: size)
        let read = try Core(Intake(source))
        let whole = core.core.notes.filter { $0.range.upperBound <= UInt64(size) }
        #expect(read.structure.notes.count == whole.count, "\(name), cut to \(size)")
        #expect(read.wayIn.offsets.doubtedNotes.isEmpty, "\(name), cut to \(size)")
      }
    }
  }
}
