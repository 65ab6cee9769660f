import CoreIO
import SystemPackage
import TestSupport
import Testing

@testable import Salvage

@Suite("Inspect: threads and modules")
struct InspectThreadTests {
  struct Registers: Hashable {
    var id: UInt32
    var pc: UInt64
    var sp: UInt64
  }

  /// What gdb says of each thread, in its order.
  static func gdbThreads(_ core: FilePath, program: FilePath?) throws -> [Registers] {
    let gdb = GDB(core, program: program, isForeign: true)
    let result = try gdb.run(commands: [
      "thread apply all print/x $pc", "echo @@sp\\n", "thread apply all print/x $sp",
    ])
    var values: [[UInt32: UInt64]] = [[:], [:]]
    var order: [UInt32] = []
    var part = 0
    var thread: UInt32?
    for line in result.text.split(separator: "\n") {
      if line.hasPrefix("@@sp") { part = 1 }
      if line.hasPrefix("Thread "), let mark = line.firstRange(of: "LWP ") {
        thread = UInt32(line[mark.upperBound...].prefix { $0.isNumber })
        if part == 0, let thread { order.append(thread) }
      }
      if line.hasPrefix("$"), let mark = line.firstRange(of: "= 0x"), let thread {
        values[part][thread] = UInt64(line[mark.upperBound...].prefix { $0.isHexDigit }, radix: 16)
      }
    }
    return order.map { Registers(id: $0, pc: values[0][$0] ?? 0, sp: values[1][$0] ?? 0) }
  }

  @Test(
    "a program's variables that begin as zeros are its data, and no heap; where one segment may hold both, both are named",
    .needs(.kernelCores, .gcc), arguments: [true, false])
  func zeroData(hasHeap: Bool) throws {
    let folder = try ScratchFolder()
    let source = try folder.write(
      Array(
        """
        #include <stdlib.h>
        #include <string.h>
        static char table[1 << 20];
        int main(void) { memset(table, 'T', sizeof table); USE; abort(); }
        """.utf8), to: "table.c")
    let program = folder.file("table")
    let use = hasHeap ? "memset(malloc(100), 'H', 100)" : ""
    try Tool("gcc", ["-O0", "-DUSE=\(use)", "-o", program.string, source.string]).runSuccessfully()
    let core = try KernelCores.dump(KernelCores.Request(program), in: folder)
    let inspection = try Inspection(of: core.path)
    func dumped(_ kind: MemoryKind) -> UInt64 {
      inspection.memory.first { $0.kind == kind }?.dumped.size ?? 0
    }
    #expect((dumped(.heap) < 1 << 20) == hasHeap)
    #expect((dumped(.program) > 1 << 20) == hasHeap)
    var slim = SlimOptions()
    slim.kinds = Set(SlimOptions.Kind.allCases).subtracting([.heap])
    var options = RepairOptions()
    options.slim = slim
    options.force = true
    let size = try Repair(of: core.path, options: options)
      .write(to: folder.file("slim")).report.slim?.size
    #expect((size ?? 0 > 1 << 20) == hasHeap)
  }

  static func ourThreads(_ core: FilePath) throws -> [Registers] {
    try Inspection(of: core).threads.map {
      Registers(id: $0.id, pc: $0.programCounter ?? 1, sp: $0.stackPointer ?? 1)
    }
  }

  @Test(
    "ids, program counters and stack pointers are gdb's on every machine", .needs(.multiarchGDB),
    arguments: SampleCores.machineNames)
  func equalsGDB(on machine: String) throws {
    let folder = try ScratchFolder()
    let (core, program) = try SampleCores.machine(machine, into: folder)
    let expected = try Self.gdbThreads(core, program: program)
    #expect(!expected.isEmpty)
    #expect(Set(try Self.ourThreads(core)) == Set(expected))
  }

  @Test(
    "ids, program counters and stack pointers are gdb's", .needs(.multiarchGDB),
    arguments: [
      "bakery.whole", "bakery.sorted-memory", "quilt.many-whole", "clock-static.gcore",
      "bakery.killed-memory",
    ])
  func equalsGDB(of name: String) throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("\(name).core", into: folder)
    #expect(Set(try Self.ourThreads(core)) == Set(try Self.gdbThreads(core, program: nil)))
  }

  /// Base and build-id of each module, as eu-unstrip finds them.
  static func elfutilsModules(_ core: FilePath) throws -> Set<[String]> {
    let result = try Tool("eu-unstrip", ["-n", "--core", core.string]).run()
    return Set(
      result.lines.compactMap { line -> [String]? in
        let words = line.split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("0x"), let at = words[1].firstIndex(of: "@")
        else { return nil }
        return [String(words[0].prefix { $0 != "+" }), String(words[1][..<at])]
      })
  }

  static func ourModules(_ core: FilePath) throws -> Set<[String]> {
    Set(
      try Inspection(of: core).modules.compactMap { module in
        module.buildIDText.map { ["0x" + hexadecimal(module.base), $0] }
      })
  }

  @Test(
    "modules and build-ids are eu-unstrip's", .needs(.tool("eu-unstrip")),
    arguments: [
      "bakery.whole", "bakery.fsize-mid-stack", "clock-static.whole", "clock-32.whole",
      "clock-static.gcore", "clock-static.rlimit-main-stack",
    ])
  func modulesEqualElfutils(of name: String) throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("\(name).core", into: folder)
    #expect(try Self.ourModules(core) == Self.elfutilsModules(core))
  }

  @Test(
    "modules and build-ids are eu-unstrip's, also without NT_FILE", .needs(.tool("eu-unstrip")),
    arguments: ["quilt.many-whole", "bakery.rlimit-libraries", "bakery.killed-memory"])
  func modulesOfSamples(of name: String) throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("\(name).core", into: folder)
    #expect(try Self.ourModules(core) == Self.elfutilsModules(core))
  }

  static let foundByElfutils = ["sundial.arm", "sundial.mips", "sundial.s390x"]

  @Test(
    "every module that eu-unstrip finds on any machine is found", .needs(.tool("eu-unstrip")),
    arguments: SampleCores.machineNames)
  func modulesOfMachines(_ machine: String) throws {
    let folder = try ScratchFolder()
    let (core, _) = try SampleCores.machine(machine, into: folder)
    let found = try Self.elfutilsModules(core)
    #expect(found.isSubset(of: try Self.ourModules(core)))
    // Of some machines' it finds none, so that this alone would hold nothing.
    #expect(!found.isEmpty == Self.foundByElfutils.contains(machine), "\(found)")
  }

  @Test(
    "a repaired core is inspected as it was before its repair",
    arguments: ["bakery.fsize-mid-stack", "bakery.rlimit-notes", "clock-static.rlimit-main-stack"])
  func repairedIsAsBefore(_ name: String) throws {
    let folder = try ScratchFolder()
    let core = try SampleCores.fixture("\(name).core", into: folder)
    for lost in RepairOptions.LostMemory.allCases {
      var options = RepairOptions()
      options.lostMemory = lost
      let output = folder.file("\(lost.rawValue).core")
      try Repair(of: core, options: options).write(to: output)
      let before = try Inspection(of: core)
      let after = try Inspection(of: output)
      #expect(after.isRepaired)
      #expect(!after.isWhole)
      #expect(after.threads == before.threads)
      #expect(after.report.lost == before.report.lost)
      #expect(after.report.sizeFound == before.report.sizeFound)
      #expect(after.memory == before.memory)
      #expect(after.modules == before.modules)
      // The repair changed the holes: the cause is still among the candidates, if less sure.
      #expect(after.causes.contains { $0.id == before.causes.first?.id })
    }
  }
}
