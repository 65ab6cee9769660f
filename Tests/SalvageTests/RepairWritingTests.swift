import CoreIO
import CoreModel
import Glibc
import Salvage
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// The library's verbs on files.
@Suite("the library")
struct RepairWritingTests {
  private static let bytes = CoreBuilder.typical().build().cut(to: 30_000)

  @Test(
    "writes into a file just what its plan says", arguments: Sparseness.allCases,
    RepairOptions.LostMemory.allCases)
  func writesItsPlan(sparse: Sparseness, lost: RepairOptions.LostMemory) throws {
    let folder = try ScratchFolder()
    let input = try folder.write(Self.bytes, to: "in.core")
    var options = RepairOptions()
    options.sparse = sparse
    options.lostMemory = lost
    for extend in RepairOptions.Extend.allCases where extend == .due || lost != .pad {
      options.extend = extend
      options.force = true
      let written = try Repair(of: input, options: options).write(to: folder.file("out"))
      let died = DeathTime(microseconds: try FileTree.modified(input), .mtime)
      let rendered = try RenderedRepair(Self.bytes, options: options, died: died).bytes
      #expect(try ReferenceSource.contents(of: folder.file("out")).isIdentical(to: rendered))
      #expect(written.size == UInt64(rendered.count) && written.extend == extend)
      #expect(!written.sharesData || sparse == .auto)
    }
    #expect(try folder.names() == ["in.core", "out"])
  }

  @Test("tells how far it has come, never back and never past the end")
  func progress() throws {
    let folder = try ScratchFolder()
    let size = 5 << 20
    var builder = CoreBuilder.typical()
    builder.segments.append(
      BuilderSegment(at: 0x7fff_0000_0000, [UInt8](repeating: 5, count: size)))
    let input = try folder.write(builder.build().bytes.dropLast(77), to: "in.core")
    let states = Mutex<[WorkProgress.State]>([])
    var options = RepairOptions()
    options.reflink = .never
    try Repair(of: input, options: options).write(to: folder.file("out")) { state in
      states.withLock { $0.append(state) }
    }
    let seen = states.withLock { $0 }
    #expect(seen.count >= 5)
    #expect(seen.allSatisfy { $0.done <= $0.total && $0.total == seen[0].total })
    #expect(seen.map(\.done).max() ?? 0 > UInt64(size))
  }

  @Test("throws an error with file and offset, and leaves nothing")
  func errors() throws {
    let folder = try ScratchFolder()
    let input = try folder.write(Self.bytes, to: "in.core")
    let repair = try Repair(of: input)
    let place = folder.file("missing").appending("out")
    let error = #expect(throws: SalvageError.self) { try repair.write(to: place) }
    #expect(error?.file == place)
    let same = #expect(throws: SalvageError.self) { try repair.write(to: input) }
    #expect(same?.kind == .outputIsInput)
    let empty = try folder.write([], to: "empty")
    let none = #expect(throws: SalvageError.self) { try Repair(of: empty) }
    #expect(none?.offset == 0 && none?.file == empty)
    #expect(try folder.names() == ["empty", "in.core"])
  }

  @Test("notices an input that became shorter, and leaves nothing")
  func shrunkInput() throws {
    let folder = try ScratchFolder()
    let input = try folder.write(Self.bytes, to: "in.core")
    var options = RepairOptions()
    options.reflink = .never
    let repair = try Repair(of: input, options: options)
    try #require(truncate(input.string, 20_000) == 0)
    let error = #expect(throws: SalvageError.self) { try repair.write(to: folder.file("out")) }
    #expect(error?.description.contains("became shorter") == true)
    #expect(try folder.names() == ["in.core"])
  }
}
