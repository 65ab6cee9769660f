import CoreIO
import CoreModel
import FuzzWays
import Salvage
import SalvageArchive
import SystemPackage
import TestSupport

/// What fuzzing begins with: a small input of every kind for every way in.
enum FuzzSeeds {
  /// The inputs by name, each with the byte that chooses its way and one for the options.
  static func all() throws -> [(name: String, bytes: [UInt8])] {
    var seeds: [(name: String, bytes: [UInt8])] = []
    func add(_ way: Way, _ kind: String, options: UInt8 = 0, _ bytes: [UInt8]) {
      guard let index = Way.allCases.firstIndex(of: way) else { return }
      seeds.append(("\(way)-\(kind)", [UInt8(index), options] + bytes))
    }
    let cores = try cores()
    for (kind, bytes) in cores {
      add(.repair, kind, options: 0x80, bytes)
      add(.slim, kind, options: 0, bytes)
      add(.inspect, kind, options: 0x58, bytes)
      add(.inPlace, kind, bytes)
    }
    for (kind, bytes) in cores where ["moved", "linked"].contains(kind) {
      add(.repair, "\(kind)-mended", options: 0x83, bytes)
    }
    for (kind, bytes) in cores where ["repaired", "linked"].contains(kind) {
      for way in [Way.check, .note, .undo, .archive] { add(way, kind, bytes) }
      for options in [1, 2, 0x64] as [UInt8] {
        add(.repair, "\(kind)-\(options)", options: options, bytes)
      }
      add(.cat, kind, [0x10, 0, 0x40, 0, 0, 0, 0, 0, 0x40, 0] + bytes)
    }
    let cut = cores[0].bytes
    let map = Array("# Mapfile\n0x0 +\n0x0 0x100 +\n0x100 64 -\n0x140 0x10000 +\n".utf8)
    add(.map, "ddrescue", [UInt8(map.count), 0] + map + cut)
    add(.module, "program", SampleCore.program)
    add(.json, "capture", capture.noteDescriptor)
    for (kind, bytes) in captured {
      for way in [Way.inspect, .repair, .note, .undo, .inPlace] {
        add(way, kind, options: 0x80, bytes)
      }
    }
    for (kind, bytes) in try archives(of: cut) {
      for way in [Way.restore, .verify, .stream] { add(way, kind, bytes) }
    }
    for tool in ["zstd", "lz4", "gzip"] {
      let folder = try ScratchFolder(in: .memory)
      let file = try folder.write(cut, to: "core")
      let packed = try Tool(tool, ["-q"] + (tool == "gzip" ? ["-n"] : []) + ["-c", file.string])
        .runSuccessfully().output
      add(.stream, tool, packed)
      add(.stream, "\(tool)-cut", Array(packed.dropLast(packed.count / 3)))
    }
    let folder = try ScratchFolder(in: .memory)
    try folder.write(cut, to: "core")
    let tar = Tool(
      "tar", ["-C", folder.path.string, "-b", "1", "--transform", "s,^,x/,", "-c", "core"])
    add(.stream, "bundle", try tar.runSuccessfully().output)
    return seeds
  }

  private static var capture: CaptureRecord {
    var record = CaptureRecord(way: .socket, time: 1, processID: 4242)
    record.name = Array("typical".utf8)
    record.commandLine = Array("typical\0--cut\0".utf8)
    record.limits = [.init(name: "Max core file size", soft: 0, hard: nil)]
    record.steps = [.init(.accepted, 0), .init(.done, 900)]
    let sender = CaptureRecord.Sender(processID: 812, name: Array("runc".utf8))
    record.kill = .init(kind: .signal, microseconds: 213_000, senders: [sender])
    record.modules = [.init(path: [0x2f], base: 0x1000, buildID: [1, 2], isDeleted: true)]
    return record
  }

  /// Cores that were captured: all of it, a part of it, and not to the end.
  private static var captured: [(kind: String, bytes: [UInt8])] {
    var builder = CoreBuilder.typical(.x86_64, threads: 1)
    builder.pageSize = 64
    for index in builder.segments.indices where builder.segments[index].bytes != nil {
      builder.segments[index].bytes = [UInt8](repeating: UInt8(index + 1), count: 48)
    }
    let whole = CapturedCore(builder, capture: capture.noteDescriptor)
    var partial = whole
    partial.losses = [.init(2, 16..<48), .init(4, 0..<48, cause: 9)]
    var unfinished = partial
    unfinished.isFinished = false
    return [
      ("captured", whole.build()), ("captured-part", partial.build()),
      ("captured-begun", unfinished.build()),
    ]
  }

  /// Cores of every format, layout and fate, all of them as small as can be.
  private static func cores() throws -> [(kind: String, bytes: [UInt8])] {
    func builder(_ machine: BuilderMachine, _ layout: CoreBuilder.Layout = .kernel) -> CoreBuilder {
      var builder = CoreBuilder.typical(machine, threads: 2, layout: layout)
      builder.pageSize = 64
      for index in builder.segments.indices where builder.segments[index].bytes != nil {
        builder.segments[index].bytes = [UInt8](repeating: UInt8(index + 1), count: 48)
      }
      builder.notes.append(
        .auxiliaryVector([(3, 0x40_0040), (9, 0x40_1000), (33, 0x7ff0_0000)], machine.format))
      builder.notes.append(
        .files(
          [ReferenceMapping(range: 0x40_0000..<0x40_4000, fileOffset: 0, path: "/bin/typical")],
          machine.format))
      return builder
    }
    func cut(_ builder: CoreBuilder, by count: Int) -> [UInt8] {
      Array(builder.build().bytes.dropLast(count))
    }
    var extended = builder(.x86_64)
    extended.usesExtendedNumbering = true
    let little = cut(builder(.x86_64), by: 60)
    return [
      ("little64", little), ("little32", cut(builder(.i386), by: 60)),
      ("big64", cut(builder(.s390x), by: 60)), ("big32", cut(builder(.ppc), by: 60)),
      ("notes", cut(builder(.x86_64), by: 600)), ("extended", cut(extended, by: 100)),
      ("gcore", cut(builder(.x86_64, .gcore), by: 700)),
      ("repaired", try RenderedRepair(little).bytes), ("linked", linked), ("moved", moved),
    ]
  }

  /// A program with its dynamic section, `r_debug`, and a list of modules whose second node is lost.
  private static var linked: [UInt8] {
    func words(_ words: [UInt64]) -> [UInt8] {
      words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }
    let list: UInt64 = 0x7f00_0000_0000
    var page = Array(SampleCore.program.prefix(0x300))
    // DT_DEBUG is the fifth pair.
    page.replaceSubrange(0x248..<0x250, with: words([list]))
    var builder = CoreBuilder(.x86_64)
    builder.pageSize = 64
    builder.notes = [
      .thread(7, registers: [UInt64](repeating: list + 8, count: 27), of: .x86_64),
      .auxiliaryVector([(3, 0x40_0040), (5, 4), (6, 4096), (9, 0x40_1000)], .elf64Little),
      .files(
        [
          ReferenceMapping(range: 0x40_0000..<0x40_1000, fileOffset: 0, path: "/bin/p"),
          ReferenceMapping(range: 0x40_1000..<0x40_2000, fileOffset: 0x1000, path: "/bin/p"),
          ReferenceMapping(range: 0x40_2000..<0x40_3000, fileOffset: 0x2000, path: "/bin/p"),
        ], .elf64Little),
    ]
    builder.segments = [
      BuilderSegment(at: 0x40_0000, flags: BuilderSegment.read, page),
      BuilderSegment(undumpedAt: 0x40_1000, size: 0x1000),
      BuilderSegment(undumpedAt: 0x40_2000, size: 0x1000),
      BuilderSegment(
        at: list,
        words([1, list + 40, 0, 0, 0x7fff_0000_0000, 0, list + 120, 0x40_0200, list + 80, 0])
          + words([0, 0, 0, 0, 0, 0])),
    ]
    builder.segments[0].memorySize = 4096
    return Array(builder.build().bytes.dropLast(48))
  }

  /// Four threads whose control blocks hold their own addresses, and a block between the second and the third is missing.
  private static var moved: [UInt8] {
    let start: UInt64 = 0x7f00_0000_0000
    var builder = CoreBuilder(.x86_64)
    builder.pageSize = 64
    var data: [UInt8] = []
    for thread in 0..<4 as Range<Int32> {
      let block = start + 64 * UInt64(thread)
      var registers = [UInt64](repeating: block, count: 27)
      registers[21] = block
      builder.notes.append(.thread(7 + thread, registers: registers, of: .x86_64))
      data += (0..<8).map { UInt8(truncatingIfNeeded: block >> (8 * $0)) }
      data += [UInt8](repeating: UInt8(thread), count: 56)
    }
    builder.segments = [BuilderSegment(at: start, data)]
    let bytes = builder.build().bytes
    return Array(bytes.dropLast(124)) + bytes.suffix(108)
  }

  /// Archives: sound, without their seek table, and with a damaged block.
  private static func archives(of core: [UInt8]) throws -> [(kind: String, bytes: [UInt8])] {
    let folder = try ScratchFolder(in: .memory)
    var options = ArchiveOptions()
    options.blockSize = .kib64
    let repair = try Repair(
      of: MemorySource(RenderedRepair(core).bytes), options: RepairOptions())
    try repair.archive(to: folder.file("x"), options: options)
    let sound = try ReferenceSource.contents(of: folder.file("x"))
    var damaged = sound
    damaged[damaged.count / 3] ^= 0xff
    return [
      ("sound", sound), ("unindexed", Array(sound.dropLast(20))), ("damaged", damaged),
    ]
  }
}
