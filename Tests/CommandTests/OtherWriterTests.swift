import SystemPackage
import TestSupport
import Testing

/// Cores as other writers than the kernel leave them.
@Suite("a core of another writer")
struct OtherWriterTests {
  /// A program header and its bytes. They lie in the file in this order, each on a page.
  struct Part {
    var type: UInt32
    var bytes: [UInt8]
    var address: UInt64 = 0
    var physical: UInt64 = 0
    var alignment: UInt64 = 4
  }

  static func note(_ owner: String, _ type: UInt32, _ descriptor: [UInt8], padding: Int) -> [UInt8]
  {
    var writer = FieldWriter(.elf64Little)
    writer.word(UInt32(owner.utf8.count + 1))
    writer.word(UInt32(descriptor.count))
    writer.word(type)
    writer.text(owner, size: owner.utf8.count + 1)
    writer.pad(to: padding)
    writer.raw(descriptor)
    writer.pad(to: padding)
    return writer.bytes
  }

  static func core(_ parts: [Part], osABI: UInt8 = 0, machine: UInt16 = 62) -> [UInt8] {
    var writer = FieldWriter(.elf64Little)
    writer.raw([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, osABI])
    writer.fill(to: 16)
    writer.half(4)
    writer.half(machine)
    writer.word(1)
    for value in [0, 64, 0] as [UInt64] { writer.native(value) }
    writer.word(0)
    for value in [64, 56, UInt16(parts.count), 0, 0, 0] { writer.half(value) }
    var offset = 4096
    for part in parts {
      writer.word(part.type)
      writer.word(6)
      for value in [
        UInt64(offset), part.address, part.physical, UInt64(part.bytes.count),
        part.type == 1 ? UInt64(part.bytes.count) : 0, part.alignment,
      ] { writer.native(value) }
      offset += (part.bytes.count + 4095) / 4096 * 4096
    }
    for part in parts {
      writer.pad(to: 4096)
      writer.raw(part.bytes)
    }
    return writer.bytes
  }

  static let memory: [UInt8] = {
    var random = SeededGenerator(seed: 9)
    return random.nonZeroBytes(4 * 4096)
  }()

  static func thread(_ id: Int32) -> [UInt8] {
    BuilderNote.thread(id, registers: (0..<27).map { 0x1000 + $0 }, of: .x86_64).descriptor
  }

  private func repaired(_ bytes: [UInt8], in folder: ScratchFolder) throws -> (
    core: ReferenceCore, text: String
  ) {
    let input = try folder.write(bytes, to: "in")
    let output = folder.file("out")
    let result = try Tool.coresalvage("--force", input.string, output.string).runSuccessfully()
    let core = try ReferenceCore(contentsOf: output)
    #expect(try core.contradictions() == [])
    return (core, result.text)
  }

  @Test(
    "with several PT_NOTEs, none of them first, padded to 4 or 8 whatever p_align says",
    .needs(.gdb),
    arguments: [(4, 4), (8, 8), (8, 4), (4, 8), (1, 4), (0, 4)] as [(UInt64, Int)])
  func noteLayouts(alignment: UInt64, padding: Int) throws {
    let folder = try ScratchFolder(in: .memory)
    let notes = (0..<3 as Range<Int32>).map { number in
      // An odd size, so that the padding counts, and a type that nobody looks into.
      Self.note("CORE", 1, Self.thread(100 + number), padding: padding)
        + Self.note("CORE", 0x5445_5354, [1, 2, 3, 4, 5, 6], padding: padding)
    }
    let bytes = Self.core([
      Part(type: 1, bytes: Self.memory, address: 0x10000, alignment: 4096),
      Part(type: 4, bytes: notes[0] + notes[1], alignment: alignment),
      Part(type: 4, bytes: notes[2], alignment: alignment),
      Part(type: 1, bytes: Self.memory, address: 0x20000, alignment: 4096),
    ])
    let (core, _) = try repaired(Array(bytes.dropLast(5000)), in: folder)
    #expect(core.threadIDs == [100, 101, 102])
    #expect(core.notes.count { $0.descriptor == [1, 2, 3, 4, 5, 6] } == 3)
    #expect(core.noteSegments.count == 1)
    #expect(core.loads.map(\.address) == [0x10000, 0x20000])
    #expect(try GDB(folder.file("out")).view().threads.sorted() == [100, 101, 102])
  }

  @Test(
    "with empty notes behind its shortened NT_FILE is whole, and with a sector of zeros there is not",
    arguments: [(12, 0), (156, 0), (1200, 1)] as [(Int, Int32)])
  func emptyNotes(size: Int, status: Int32) throws {
    let folder = try ScratchFolder(in: .memory)
    let mapping = ReferenceMapping(range: 0x10000..<0x11000, fileOffset: 0, path: "/bin/bakery")
    let files = BuilderNote.files([mapping], .elf64Little)
    let notes =
      Self.note("CORE", 1, Self.thread(100), padding: 4)
      + Self.note("CORE", files.type, files.descriptor, padding: 4)
    let filling = [UInt8](repeating: 0, count: size)
    for next in [[], Self.note("LINUX", 0x401, [1, 2, 3, 4, 5, 6, 7, 8], padding: 4)] {
      let bytes = Self.core([
        Part(type: 4, bytes: notes + filling + next),
        Part(type: 1, bytes: Self.memory, address: 0x10000, alignment: 4096),
      ])
      let path = try folder.write(bytes, to: "in")
      let check = try Tool.coresalvage("check", path.string).run()
      #expect(check.ending == .exit(status), "\(check)")
    }
  }

  /// As .NET's createdump writes it: a section that counts the program headers stands before them, NT_FILE is filled up to a
  /// multiple of four, and what is not dumped has no place in the file.
  private static func createdump() -> [UInt8] {
    let files = (0..<6).map { page in
      ReferenceMapping(
        range: 0x10000 + UInt64(page) * 0x1000..<0x11000 + UInt64(page) * 0x1000,
        fileOffset: UInt64(page) * 4096, path: "/srv/net5/dotnet")
    }
    var list = BuilderNote.files(files, .elf64Little).descriptor
    #expect(list.count % 4 != 0, "nothing is filled up")
    list += [UInt8](repeating: 0, count: 4 - list.count % 4)
    let info = BuilderNote.process(100, name: "dotnet", arguments: "", of: .x86_64).descriptor
    var notes = note("CORE", 3, info, padding: 4)
    notes += note("CORE", 6, [UInt8](repeating: 0, count: 32), padding: 4)
    notes += note("CORE", 0x4649_4c45, list, padding: 4)
    for id in 100..<103 as Range<Int32> { notes += note("CORE", 1, thread(id), padding: 4) }
    var writer = FieldWriter(.elf64Little)
    writer.raw([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0])
    writer.fill(to: 16)
    writer.half(4)
    writer.half(62)
    writer.word(1)
    for value in [0, 128, 64] as [UInt64] { writer.native(value) }
    writer.word(0)
    for value in [64, 56, 7, 64, 0, 0] as [UInt16] { writer.half(value) }
    for value in [0, 0] as [UInt32] { writer.word(value) }
    for value in [0, 0, 0, 1] as [UInt64] { writer.native(value) }
    for value in [0, 7] as [UInt32] { writer.word(value) }
    for value in [0, 0] as [UInt64] { writer.native(value) }
    func header(_ type: UInt32, _ fields: [UInt64]) {
      writer.word(type)
      writer.word(type == 1 ? 6 : 0)
      for value in fields { writer.native(value) }
    }
    header(4, [128 + 7 * 56, 0, 0, UInt64(notes.count), 0, 0])
    var offset: UInt64 = 4096
    for page in 0..<6 as Range<UInt64> {
      let size: UInt64 = page % 2 == 0 ? 4096 : 0
      header(1, [size > 0 ? offset : 0, 0x10000 + page * 0x1000, 0, size, 4096, 4096])
      offset += size
    }
    writer.raw(notes)
    writer.pad(to: 4096)
    writer.raw(Array(memory.prefix(3 * 4096)))
    return writer.bytes
  }

  @Test(".NET's createdump is whole as it is; cut, it loses what the cut took and no more")
  func dotnet() throws {
    let folder = try ScratchFolder(in: .memory)
    let bytes = Self.createdump()
    let path = try folder.write(bytes, to: "whole")
    let check = try Tool.coresalvage("check", path.string).runSuccessfully().text
    #expect(check.contains(": whole"), "\(check)")
    let inspection = try Tool.coresalvage("inspect", path.string).runSuccessfully().text
    #expect(inspection.contains("createdump") && !inspection.contains("damage"), "\(inspection)")
    let (core, text) = try repaired(Array(bytes.dropLast(4096)), in: folder)
    #expect(text.contains("2 of 3 segments whole, 0 in part, 1 lost"), "\(text)")
    #expect(!text.contains("damage"), "\(text)")
    #expect(core.threadIDs == [100, 101, 102])
    #expect(core.loads.filter { $0.fileSize > 0 }.map(\.address) == [0x10000, 0x12000])
  }

  @Test("QEMU's dump-guest-memory keeps physical addresses, CPUs and QEMU's own notes")
  func guestMemory() throws {
    let folder = try ScratchFolder(in: .memory)
    let notes = (1...2 as ClosedRange<Int32>).flatMap {
      Self.note("CORE", 1, Self.thread($0), padding: 4)
        + Self.note("QEMU", 0, [UInt8](repeating: UInt8($0), count: 432), padding: 4)
    }
    let bytes = Self.core([
      Part(type: 4, bytes: notes, alignment: 0),
      Part(type: 1, bytes: Self.memory, address: 0xffff_8880_0000_0000, physical: 0, alignment: 0),
      Part(type: 1, bytes: Self.memory, address: 0, physical: 0x10_0000, alignment: 0),
    ])
    let (core, _) = try repaired(Array(bytes.dropLast(4096 + 100)), in: folder)
    #expect(core.threadIDs == [1, 2])
    #expect(core.notes("QEMU", 0).count == 2)
    #expect(core.loads.map(\.physicalAddress) == [0, 0x10_0000])
  }

  @Test("/proc/vmcore keeps VMCOREINFO")
  func kernelMemory() throws {
    let folder = try ScratchFolder(in: .memory)
    let info = Array("OSRELEASE=6.18\nPAGESIZE=4096\n".utf8)
    let bytes = Self.core([
      Part(
        type: 4,
        bytes: Self.note("CORE", 1, Self.thread(0), padding: 4)
          + Self.note("VMCOREINFO", 0, info, padding: 4)),
      Part(type: 1, bytes: Self.memory, address: 0xffff_ffff_8100_0000, physical: 0x100_0000),
      Part(type: 1, bytes: Self.memory, address: 0xffff_8880_0001_0000, physical: 0x1_0000),
    ])
    let (core, _) = try repaired(Array(bytes.dropLast(6000)), in: folder)
    #expect(core.notes("VMCOREINFO", 0).map(\.descriptor) == [info])
    #expect(core.loads.count == 2)
  }

  @Test("FreeBSD is carried through, and its threads are not taken for Linux's")
  func freeBSD() throws {
    let folder = try ScratchFolder(in: .memory)
    let status = [UInt8](repeating: 7, count: 232)
    let notes =
      Self.note("FreeBSD", 3, [1, 0, 0, 0], padding: 4)
      + Self.note("FreeBSD", 1, status, padding: 4) + Self.note("FreeBSD", 1, status, padding: 4)
    let whole = Self.core(
      [Part(type: 4, bytes: notes), Part(type: 1, bytes: Self.memory, address: 0x20_0000)], osABI: 9
    )
    for cut in [4097, Self.memory.count] {
      let (core, text) = try repaired(Array(whole.dropLast(cut)), in: folder)
      #expect(core.notes("FreeBSD", 1).map(\.descriptor) == [status, status])
      #expect(core.loads.count == (cut == 4097 ? 1 : 0))
      #expect(text.contains("2 in notes of FreeBSD, carried through unread"))
      #expect(try core.source.read(at: 7, count: 1) == [9])
    }
  }

  @Test(
    "whose segments lie over each other, in the file or in memory, is taken apart and not trapped over"
  )
  func overlaps() throws {
    let folder = try ScratchFolder(in: .memory)
    var bytes = Self.core([
      Part(type: 4, bytes: Self.note("CORE", 1, Self.thread(5), padding: 4)),
      Part(type: 1, bytes: Self.memory, address: 0x10000),
      Part(type: 1, bytes: Self.memory, address: 0x11000),
    ])
    // The last one begins inside the one before.
    bytes.replaceSubrange(64 + 2 * 56 + 8..<64 + 2 * 56 + 16, with: [0, 0x30, 0, 0, 0, 0, 0, 0])
    let input = try folder.write(Array(bytes.dropLast(8 * 4096 - 5000)), to: "in")
    let result = try Tool.coresalvage(input.string, folder.file("out").string).run()
    #expect(result.ending == .exit(0), "\(result)")
    let wild = try folder.write(bytes, to: "wild")
    #expect(try Tool.coresalvage("--in-place", wild.string).run().ending == .exit(0))
  }

  /// Machines of which there is no core in `Fixtures/`.
  private static let machines: [BuilderMachine] = {
    func machine(_ name: String, _ number: UInt16, registers: Int, pc: Int, sp: Int)
      -> BuilderMachine
    {
      var machine = BuilderMachine.aarch64
      machine.name = name
      machine.number = number
      machine.registerCount = registers
      machine.programCounter = pc
      machine.stackPointer = sp
      return machine
    }
    return [
      machine("riscv64", 243, registers: 32, pc: 0, sp: 2),
      machine("ppc64le", 21, registers: 48, pc: 32, sp: 1),
      machine("loongarch64", 258, registers: 45, pc: 33, sp: 3), .m68k, .mipsN32, .x32, .s390,
    ]
  }()

  /// The program counter and the stack pointer that the repaired core of a machine was built with, and its path.
  private func repaired(_ machine: BuilderMachine, in folder: ScratchFolder) throws -> (
    registers: [String], path: FilePath
  ) {
    var builder = CoreBuilder.typical(machine, threads: 0)
    let values = (0..<UInt64(machine.registerCount)).map { 0x40_0000 + $0 * 16 }
    builder.notes.insert(.thread(77, registers: values, of: machine), at: 0)
    let core = builder.build()
    let input = try folder.write(core.cut(to: core.bytes.count - 5000), to: "in")
    let output = folder.file("out")
    let result = try Tool.coresalvage("--json", input.string, output.string).runSuccessfully()
    let registers = [machine.programCounter, machine.stackPointer].map {
      "0x" + String(values[$0], radix: 16)
    }
    let own = "{\"tid\":77,\"pc\":\"\(registers[0])\",\"sp\":\"\(registers[1])\""
    #expect(result.text.contains(own), "\(result)")
    #expect(result.text.contains("\"machine\":\"\(machine.name)\""))
    return (registers, output)
  }

  @Test("of a machine without a fixture has its registers where they lie", arguments: machines)
  func registers(of machine: BuilderMachine) throws {
    _ = try repaired(machine, in: ScratchFolder(in: .memory))
  }

  /// Debian's gdb-multiarch doesn't know the others' registers.
  @Test(
    "of a machine without a fixture has the registers that gdb-multiarch finds",
    .needs(.multiarchGDB),
    arguments: machines.filter { !["loongarch64", "m68k"].contains($0.name) })
  func registersInGDB(of machine: BuilderMachine) throws {
    let folder = try ScratchFolder(in: .memory)
    let (registers, output) = try repaired(machine, in: folder)
    let gdb = try GDB(output, isForeign: true).run(commands: ["printf \"%#lx %#lx\\n\", $pc, $sp"])
    #expect(gdb.text.contains(registers.joined(separator: " ")), "\(gdb)")
  }
}
