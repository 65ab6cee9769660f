import CoreIO
import Glibc
import Salvage
import SystemPackage
import TestSupport
import Testing

/// A repair in place that dies at any of its steps.
@Suite("a repair in place that is killed")
struct InPlaceFaultTests {
  /// What is cut, and how the repair lays out its result.
  struct Case: CustomTestStringConvertible {
    var name: String
    var input: [UInt8]
    var options = RepairOptions()
    var testDescription: String { name }
  }

  static let cases: [Case] = {
    var cases: [Case] = []
    for machine in [BuilderMachine.x86_64, .i386, .s390x] {
      let core = CoreBuilder.typical(machine).build()
      cases.append(
        Case(name: "\(machine), in memory", input: core.cut(to: core.bytes.count - 5000)))
      cases.append(
        Case(
          name: "\(machine), in the notes", input: core.cut(to: core.noteRanges[2].lowerBound + 20))
      )
      cases.append(
        Case(
          name: "\(machine), on a page",
          input: core.cut(to: core.segmentRanges[2].lowerBound + 4096)))
    }
    var none = cases[2]
    none.name += ", without the hole"
    none.options.extend = .none
    // Lost in the middle: more entries than there were, so that the table moves into the tail.
    let core = CoreBuilder.typical(.aarch64).build()
    var moved = Case(
      name: "aarch64, holes in a segment", input: core.cut(to: core.bytes.count - 5000))
    let hole = UInt64(core.segmentRanges[2].lowerBound) + 4096
    moved.options.intake.lostRanges = [
      hole..<hole + 100, hole + 200..<hole + 300, hole + 500..<hole + 501,
    ]
    return cases + [none, moved]
  }()

  /// The steps of an undisturbed repair, and its result.
  private func whole(_ test: Case, in folder: ScratchFolder) throws -> (steps: Int, bytes: [UInt8])
  {
    let path = try folder.write(test.input, to: "whole")
    let file = try InPlaceFile(path, patience: FileLock.patience)
    _ = try Repair.inPlace(file, options: test.options)
    return (file.stepCount, try ReferenceSource.contents(of: path))
  }

  @Test("at any step is completed by the next one, and can be undone", arguments: cases)
  func isCompleted(test: Case) throws {
    let folder = try ScratchFolder(in: .memory)
    let (steps, expected) = try whole(test, in: folder)
    #expect(steps >= 7)
    _ = try ReferenceCore(expected)
    for step in 0..<steps {
      // The journal is one write inside one page, which no kill divides.
      for isTorn in step == 0 ? [false] : [false, true] {
        let path = try folder.write(test.input, to: "core")
        let fault = InPlaceFile.Fault(step: step, isTorn: isTorn)
        #expect(throws: SalvageError.self, "step \(step)") {
          try Repair.inPlace(
            InPlaceFile(path, patience: FileLock.patience, fault: fault), options: test.options)
        }
        let left = try ReferenceSource.contents(of: path)
        #expect(
          Array(left.prefix(test.input.count)) == test.input || (try? ReferenceCore(left)) != nil,
          "step \(step), torn \(isTorn): neither the old file with bytes after it nor a good core")

        // Copied as it lies there, it gives what it would have given before.
        let copy = folder.file("copy")
        var options = test.options
        options.force = true
        try Repair(of: path, options: options).write(to: copy)
        let copied = try ReferenceCore(contentsOf: copy)
        #expect(try copied.lost() == ReferenceCore(expected).lost(), "step \(step)")

        _ = try Repair.inPlace(path, options: test.options)
        #expect(try ReferenceSource.contents(of: path) == expected, "step \(step), torn \(isTorn)")
        _ = try Undo(path)
        #expect(try ReferenceSource.contents(of: path) == test.input, "step \(step)")
      }
    }
  }

  @Test("while it is undone is undone by the next undo", arguments: cases)
  func undoIsCompleted(test: Case) throws {
    let folder = try ScratchFolder(in: .memory)
    let (_, repaired) = try whole(test, in: folder)
    let path = try folder.write(repaired, to: "core")
    func steps() throws -> Int {
      let file = try InPlaceFile(path, patience: FileLock.patience)
      _ = try Undo(file)
      return file.stepCount
    }
    for step in 0..<(try steps()) {
      for isTorn in step == 0 ? [false] : [false, true] {
        let path = try folder.write(repaired, to: "core")
        #expect(throws: SalvageError.self, "step \(step)") {
          try Undo(
            InPlaceFile(path, patience: FileLock.patience, fault: .init(step: step, isTorn: isTorn))
          )
        }
        // After the last change but before the last sync, all is done.
        if try ReferenceSource.contents(of: path) != test.input { _ = try Undo(path) }
        #expect(try ReferenceSource.contents(of: path) == test.input, "step \(step)")
      }
    }
  }

  @Test(
    "or whose undo is killed, gives the file's time back with the bytes, which tells when its process died"
  )
  func time() throws {
    let folder = try ScratchFolder(in: .memory)
    let test = Self.cases[0]
    let path = folder.file("core")
    func write() throws {
      try folder.write(test.input, to: "core")
      var times = [
        timespec(tv_sec: 1_700_000_000, tv_nsec: 0), timespec(tv_sec: 1_700_000_000, tv_nsec: 0),
      ]
      #expect(utimensat(AT_FDCWD, path.string, &times, 0) == 0)
    }
    /// Undone at a step; nil for at none.
    func undo(at step: Int?) throws -> Int {
      let file = try InPlaceFile(
        path, patience: FileLock.patience, fault: step.map { .init(step: $0, isTorn: false) })
      _ = try Undo(file)
      return file.stepCount
    }
    let (steps, _) = try whole(test, in: folder)
    for step in 0..<steps {
      try write()
      #expect(throws: SalvageError.self) {
        try Repair.inPlace(
          InPlaceFile(path, patience: FileLock.patience, fault: .init(step: step, isTorn: false)),
          options: test.options)
      }
      // Killed before anything was written, nothing is to be undone.
      guard try ReferenceSource.contents(of: path) != test.input else { continue }
      _ = try undo(at: nil)
      #expect(FileIdentity(at: path, followingLinks: false)?.modified == 1_700_000_000_000_000_000)
    }
    try write()
    _ = try Repair.inPlace(path, options: test.options)
    let undoSteps = try undo(at: nil)
    #expect(undoSteps > 3)
    for step in 0..<undoSteps {
      try write()
      _ = try Repair.inPlace(path, options: test.options)
      #expect(throws: SalvageError.self) { try undo(at: step) }
      // The very last step is to cut the file, and makes it new.
      guard try ReferenceSource.contents(of: path) != test.input else { continue }
      _ = try undo(at: nil)
      #expect(FileIdentity(at: path, followingLinks: false)?.modified == 1_700_000_000_000_000_000)
    }
  }

  @Test("and of which the header was changed since is left alone")
  func foreignChange() throws {
    let folder = try ScratchFolder(in: .memory)
    let test = Self.cases[0]
    let path = try folder.write(test.input, to: "core")
    #expect(throws: SalvageError.self) {
      try Repair.inPlace(
        InPlaceFile(path, patience: FileLock.patience, fault: .init(step: 3, isTorn: false)),
        options: test.options)
    }
    var bytes = try ReferenceSource.contents(of: path)
    bytes[24] ^= 1
    let changed = try folder.write(bytes, to: "changed")
    #expect(throws: SalvageError.self) { try Repair.inPlace(changed) }
    #expect(try ReferenceSource.contents(of: changed) == bytes)
  }

  @Test("or undone is refused where the core was changed since")
  func undoOfChanged() throws {
    let folder = try ScratchFolder(in: .memory)
    let test = Self.cases[0]
    var (_, bytes) = try whole(test, in: folder)
    let reference = try ReferenceCore(bytes)
    let head = try #require(try reference.head())
    // Inside what the HEAD note keeps of the header.
    let kept = try #require(head.first).bytes
    let place = try #require(bytes.indices.last { bytes[$0...].starts(with: kept) })
    bytes[place + 20] ^= 1
    let path = try folder.write(bytes, to: "changed")
    #expect(throws: SalvageError.self) { try Undo(path) }
    #expect(try ReferenceSource.contents(of: path) == bytes)
  }

  @Test("is refused for a whole core's undo, and a whole core is left as it is")
  func wholeCore() throws {
    let folder = try ScratchFolder(in: .memory)
    let bytes = CoreBuilder.typical().build().bytes
    let path = try folder.write(bytes, to: "core")
    let written = try Repair.inPlace(path)
    #expect(written.report.isWhole)
    #expect(throws: SalvageError.self) { try Undo(path) }
    #expect(try ReferenceSource.contents(of: path) == bytes)
  }
}
