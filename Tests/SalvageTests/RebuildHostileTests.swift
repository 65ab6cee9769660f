import CoreModel
import Glibc
import Salvage
import SystemPackage
import TestSupport
import Testing

/// Lists of mapped files that no process had.
@Suite("a hostile NT_FILE")
struct RebuildHostileTests {
  /// A cut core with such a list: a segment of code and the following ones are lost.
  private static func core(_ mappings: [ReferenceMapping], codeAt address: UInt64 = 0x40_0000)
    -> [UInt8]
  {
    var builder = CoreBuilder.typical()
    builder.notes.append(.files(mappings, builder.machine.format))
    let pairs: [(UInt64, UInt64)] = [(3, address + 64), (5, 9), (6, 4096), (9, address)]
    builder.notes.append(.auxiliaryVector(pairs, builder.machine.format))
    builder.segments[0].flags = 5
    let built = builder.build()
    return built.cut(to: built.segmentRanges[0].lowerBound)
  }

  private static func mapping(_ path: String, at address: UInt64 = 0x40_0000, pages: UInt64 = 1)
    -> ReferenceMapping
  {
    ReferenceMapping(range: address..<address + pages * 4096, fileOffset: 0, path: path)
  }

  /// Repairs it, with and without files, and gives the report and the seconds that it took.
  @discardableResult
  private func repair(_ bytes: [UInt8]) throws -> (report: RepairReport, time: Duration) {
    let folder = try ScratchFolder(in: .memory)
    let path = try folder.write(bytes, to: "in.core")
    var options = RepairOptions()
    options.withFiles = .all
    let clock = ContinuousClock()
    var report: RepairReport?
    let time = try clock.measure {
      let repair = try Repair(of: path, options: options)
      try repair.write(to: folder.file("out.core"))
      report = repair.report
    }
    _ = try ReferenceCore(contentsOf: folder.file("out.core"))
    return (try #require(report), time)
  }

  @Test("that names a FIFO, a device, a folder or a file of the kernel's opens none of them")
  func noFiles() throws {
    let folder = try ScratchFolder()
    let pipe = folder.file("fifo")
    mkfifo(pipe.string, 0o644)
    let link = folder.file("link")
    symlink("/dev/zero", link.string)
    let paths = [
      pipe.string, link.string, "/dev/zero", "/dev/tty", "/dev/null", "/", folder.path.string,
      "/proc/kmsg", "/proc/kcore", "/proc/self/mem", "/sys/kernel/notes",
    ]
    for path in paths where FileTree.exists(FilePath(path)) {
      let (report, time) = try repair(Self.core([Self.mapping(path)]))
      let module = try #require(report.modules.first, "\(path)")
      #expect(module.verdict == ModuleVerdict(.leftOut, "no regular file"), "\(path)")
      #expect(report.rebuilt.isEmpty)
      #expect(time < .seconds(2))
    }
  }

  @Test("that names files which are no programs uses none of them")
  func noPrograms() throws {
    let names = ["/etc/passwd", "/etc/os-release", "", "/", "relative", "/no/such\u{1b}[2J", "//x"]
    for name in names {
      let (report, _) = try repair(Self.core([Self.mapping(name)]))
      #expect(report.rebuilt.isEmpty, "\(name)")
      #expect(!report.description.contains("\u{1b}"))
    }
  }

  @Test("whose entries overlap, descend or repeat themselves ends, and nothing is rebuilt twice")
  func overlapping() throws {
    let program = Tool.coresalvagePath.string
    let many = (0..<500).map { Self.mapping(program, at: 0x40_0000 + $0 % 7 * 4096, pages: 400) }
    try repair(Self.core(many))
    try repair(Self.core(many.reversed()))
    let descending = (0..<500).reversed().map { Self.mapping(program, at: 0x40_0000 + $0 * 4096) }
    try repair(Self.core(descending))
    try repair(Self.core([Self.mapping(program, at: 0, pages: 1 << 51)]))
    try repair(Self.core([Self.mapping(program, at: .max &- 8191, pages: 1)]))
  }

  @Test("of many entries takes time that grows with their number alone")
  func manyEntries() throws {
    func time(_ count: UInt64) throws -> Double {
      let names = ["/usr/bin/env", "/no/such/file", "/etc/passwd"]
      let mappings = (0..<count).map { index in
        Self.mapping(names[Int(index % 3)] + (index % 5 == 0 ? "\(index)" : ""), at: index * 8192)
      }
      let time = try repair(Self.core(mappings)).time.components
      return Double(time.seconds) + Double(time.attoseconds) / 1e18
    }
    let small = try time(10_000)
    let large = try time(80_000)
    #expect(large < 8 * small * 3 + 1, "\(small) s, then \(large) s")
  }

  @Test("can't make gdb run a command through the script that names its files")
  func script() throws {
    let folder = try ScratchFolder()
    let names = ["/tmp/a\nshell touch owned", "/tmp/b shell", "/tmp/\u{1b}c", "/tmp/d\"'\\"]
    let mappings = names.enumerated().map {
      Self.mapping($0.element, at: 0x40_0000 + UInt64($0.offset) * 4096)
    }
    let path = try folder.write(Self.core(mappings), to: "in.core")
    let script = folder.file("script.gdb")
    try Repair(of: path).writeGDBScript(to: script)
    let text = String(decoding: try ReferenceSource.contents(of: script), as: UTF8.self)
    for line in text.split(separator: "\n") {
      #expect(
        line.hasPrefix("#") || line.hasPrefix("set confirm") || line.hasPrefix("add-symbol-file /"),
        "\(line)")
    }
    #expect(!text.contains("\u{1b}"))
  }
}
