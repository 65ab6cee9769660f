import CoreIO
import CoreModel
import ELFCore
import Salvage
import SystemPackage
import TestSupport
import Testing

/// A core with other bytes where the kernel had mapped the vdso and the dynamic linker, as after a copy whose blocks came from
/// elsewhere.
@Suite("other bytes where headers were", .needs(.kernelCores, .gcc))
struct ForeignHeaderTests {
  @Test("are damage, and lost with what stands in the place of other headers; nothing else is")
  func foreign() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.plugins.crash(in: folder)
    let bytes = try ReferenceSource.contents(of: crash.core.path)
    let whole = try Core(Intake(MemorySource(bytes)))
    #expect(whole.verdict.reasons.isEmpty)
    let vector = try #require(whole.process.auxiliaryVector)
    let files = try #require(whole.process.mappedFiles).entries
    var random = SeededGenerator(seed: 5)
    let libc = try #require(
      files.first { String(decoding: $0.path, as: UTF8.self).contains("libc.so") })
    let places = [vector[.vdso], vector[.base], libc.range.lowerBound].compactMap(\.self)
    try #require(places.count == 3)
    for chosen in [[0], [1], [2], [0, 2], [1, 2], [0, 1, 2]] {
      var wrong = bytes
      for place in chosen.map({ places[$0] }) {
        let segment = try #require(whole.memory.segment(at: place))
        let offset = Int(segment.fileOffset + (place - segment.address))
        wrong.replaceSubrange(offset..<offset + 4096, with: random.nonZeroBytes(4096))
      }
      let found = try Core(Intake(MemorySource(wrong)))
      // Of a library's header page alone the process may have been the one who wrote there.
      let isProven = chosen != [2]
      #expect(found.verdict.reasons.contains { $0.kind == .foreign } == isProven, "\(chosen)")
      #expect(found.verdict.isWhole != isProven, "\(chosen)")
      for (index, place) in places.enumerated() {
        let isLost = isProven && chosen.contains(index)
        #expect(
          found.memory.fates(of: place..<place + 4096).map(\.fate) == [isLost ? .lost : .survived],
          "\(chosen) \(index)")
      }
      #expect(
        found.damage.extents.filter { $0.cause != nil }.total(\.range.length)
          == (isProven ? UInt64(chosen.count) * 4096 : 0))
    }
  }
}
