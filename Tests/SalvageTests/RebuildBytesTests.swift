import Salvage
import SystemPackage
import TestSupport
import Testing

/// No byte of the output that is neither the input's nor listed as rebuilt, and what is rebuilt from files is the truth.
@Suite("rebuilt memory")
struct RebuildBytesTests {
  private struct Case {
    let folder: ScratchFolder
    let core: KernelCore
    let whole: ReferenceCore

    init(_ victim: Victim = .small) throws {
      try Need.require(.kernelCores, .gcc)
      folder = try ScratchFolder()
      let core = try KernelCores.dump(victim, in: folder)
      self.core = core
      whole = try core.reference
    }

    func repaired(
      at size: UInt64, _ options: RepairOptions = RepairOptions()
    ) throws -> (repair: Repair, core: ReferenceCore, path: FilePath) {
      let repair = try Repair(of: core.cut(at: size), options: options)
      let path = folder.file("out-\(size)-\(options.hashValue).core")
      try repair.write(to: path)
      return (repair, try ReferenceCore(contentsOf: path), path)
    }

    /// Cuts at every segment's beginning, and inside some pages.
    var cuts: [UInt64] {
      let starts = whole.loads.filter { $0.fileSize > 0 }.map(\.offset)
      return Set(starts + starts.map { $0 + 2000 }).sorted()
    }
  }

  @Test("is listed, and every other byte is the dump's")
  func isListed() throws {
    let victim = try Case()
    for size in victim.cuts {
      let new = try victim.repaired(at: size).core
      let listed = try new.rebuilt()?.memory.map(\.range) ?? []
      let surviving = try CutExpectation(of: victim.whole, cutTo: size).surviving
      for segment in new.loads where segment.fileSize > 0 {
        let range = segment.readableRange
        if listed.contains(range) { continue }
        #expect(
          surviving.contains {
            $0.lowerBound <= range.lowerBound && $0.upperBound >= range.upperBound
          },
          "cut at \(size): \(range)")
        let own = try #require(try new.wholeBytes(at: range.lowerBound, count: range.count))
        let truth = try victim.whole.wholeBytes(at: range.lowerBound, count: range.count)
        #expect(truth?.isIdentical(to: own) == true, "cut at \(size): \(range)")
      }
      #expect(try new.contradictions() == [], "cut at \(size)")
    }
  }

  @Test("of verified files, and the program's dynamic section, are what the dump had")
  func isTrue() throws {
    let victim = try Case()
    var compared = 0
    for size in victim.cuts {
      let new = try victim.repaired(at: size).core
      guard let rebuilt = try new.rebuilt() else { continue }
      for (entry, path) in zip(rebuilt.memory, rebuilt.paths) {
        guard entry.cause == 2 || (!path.isEmpty && entry.length > 100) else { continue }
        let count = Int(entry.length)
        compared += 1
        let all = try new.wholeBytes(at: entry.address, count: count)
        if let all, try victim.whole.wholeBytes(at: entry.address, count: count) == all { continue }
        let own = try new.bytes(at: entry.address, count: count)
        let truth = try victim.whole.bytes(at: entry.address, count: count)
        let different = zip(own, truth).count { $0 != $1 }
        // Of the dynamic section, DT_DEBUG alone may point elsewhere.
        #expect(different <= (entry.cause == 2 ? 0 : 8), "cut at \(size): \(entry) of \(path)")
      }
    }
    #expect(compared > 10)
  }

  @Test(
    "with --with-files all are the files' read-only bytes, and none of what the image may write to")
  func holdsFiles() throws {
    let victim = try Case()
    var options = RepairOptions()
    options.withFiles = .all
    let size = victim.cuts[victim.cuts.count / 2]
    let new = try victim.repaired(at: size, options).core
    let rebuilt = try #require(try new.rebuilt())
    let mappings = try new.originalMappings() ?? new.mappings()
    var total: UInt64 = 0
    for entry in rebuilt.memory where entry.cause == 2 {
      #expect(entry.flags & 2 == 0, "\(entry)")
      let mapping = try #require(mappings.first { $0.range.contains(entry.address) })
      let file = try ReferenceSource.contents(of: FilePath(mapping.path))
      let start = Int(mapping.fileOffset + entry.address - mapping.range.lowerBound)
      let own = try new.wholeBytes(at: entry.address, count: Int(entry.length))
      #expect(own == Array(file[start..<start + Int(entry.length)]), "\(entry)")
      total += entry.length
    }
    #expect(total > 1 << 20)  // libc's code alone has more
  }

  @Test("leaves lost data unreadable in gdb, and --keep-mappings brings the file's bytes back")
  func hidesPristineData() throws {
    try Need.gdb.require()
    let victim = try Case()
    let mapping = try #require(
      try victim.whole.mappings().first { mapping in
        mapping.path.contains("libc")
          && victim.whole.loads.contains { $0.memoryRange == mapping.range && $0.flags & 2 != 0 }
      })
    let segment = try #require(victim.whole.loads.first { $0.memoryRange == mapping.range })
    let (_, new, path) = try victim.repaired(at: segment.offset)
    let address = mapping.range.lowerBound + 64
    #expect(try GDB(path, program: victim.core.program).bytes(at: [address]) == [nil])
    #expect(try !new.mappings().contains { $0.range.contains(address) })
    #expect(try new.originalMappings() == victim.whole.mappings())

    var options = RepairOptions()
    options.keepMappings = true
    let (_, kept, keptPath) = try victim.repaired(at: segment.offset, options)
    #expect(try GDB(keptPath, program: victim.core.program).bytes(at: [address]) != [nil])
    #expect(try kept.mappings() == victim.whole.mappings())
    #expect(try kept.originalMappings() == nil)
    #expect(try kept.origin()?.contains(#""keep-mappings":true"#) == true)
  }

  @Test("is left out by --rebuild none, which is said in ORIGIN")
  func isLeftOut() throws {
    let victim = try Case()
    var options = RepairOptions()
    options.rebuild = .none
    for size in victim.cuts.suffix(6) {
      let new = try victim.repaired(at: size, options).core
      #expect(try new.rebuilt() == nil)
      #expect(try new.originalMappings() == nil)
      #expect(try new.mappings() == victim.whole.mappings())
      #expect(try new.origin()?.contains(#""rebuild":"none""#) == true)
    }
  }

  @Test("can be taken away again: HEAD and the size found give the input back")
  func canBeUndone() throws {
    let victim = try Case()
    for size in victim.cuts {
      let new = try victim.repaired(at: size).core
      let input = try ReferenceSource.contents(of: victim.core.cut(at: size))
      let isSame = try new.undone()?.isIdentical(to: input) == true
      #expect(isSame, "cut at \(size)")
    }
  }

  @Test("shows in what the note command prints")
  func isTold() throws {
    let victim = try Case()
    let (repair, new, path) = try victim.repaired(at: victim.cuts[victim.cuts.count / 2])
    let record = try RepairRecord(of: path)
    #expect(record.rebuilt == repair.report.rebuilt)
    #expect(record.rebuilt.count == (try new.rebuilt()?.entries.count))
    #expect(record.description.contains("link map"))
  }
}
