import ELFCore
import TestSupport
import Testing

/// Descriptors made by the builder, which knows no offsets, read by the reader, which knows nothing else.
@Suite("a note's descriptor")
struct NoteDescriptorTests {
  private static func format(_ machine: BuilderMachine) -> ELFFormat {
    FormatPair(machine.format).format
  }

  @Test(
    "of a thread gives its id, signal, pc and sp on every machine",
    arguments: BuilderMachine.all + BuilderMachine.peculiar)
  func thread(machine: BuilderMachine) throws {
    let mask: UInt64 = machine.format.is64Bit ? .max : UInt64(UInt32.max)
    let registers = (0..<machine.registerCount).map { (0x1122_3344_5566_7700 + UInt64($0)) & mask }
    let note = BuilderNote.thread(77, signal: 6, registers: registers, of: machine)
    let read = ThreadStatus(
      note.descriptor.span, machine: Machine(rawValue: machine.number), flags: machine.flags,
      in: Self.format(machine))
    let thread = try #require(read)
    #expect(thread.id == 77 && thread.signal == 6)
    #expect(thread.programCounter == registers[machine.programCounter])
    #expect(thread.stackPointer == registers[machine.stackPointer])
  }

  @Test("of a thread on an unknown machine gives its id all the same")
  func unknownMachine() {
    let note = BuilderNote.thread(77, signal: 6, of: .x86_64)
    let thread = ThreadStatus(
      note.descriptor.span, machine: Machine(rawValue: 9999), in: Self.format(.x86_64))
    #expect(thread?.id == 77 && thread?.programCounter == nil)
  }

  @Test(
    "of the process gives its name and command line on every machine", arguments: BuilderMachine.all
  )
  func process(machine: BuilderMachine) {
    let note = BuilderNote.process(4711, name: "abc", arguments: "abc -x ", of: machine)
    let info = ProcessInfo(note.descriptor.span, in: Self.format(machine))
    #expect(info?.id == 4711)
    #expect(info?.name == Array("abc".utf8))
    #expect(info?.commandLine == Array("abc -x".utf8))
  }

  @Test("of mapped files gives what was mapped, in its own order", arguments: FormatPair.all)
  func mappedFiles(of pair: FormatPair) {
    let mappings = [
      ReferenceMapping(range: 0x9000..<0xa000, fileOffset: 0x3000, path: "/b b"),
      ReferenceMapping(range: 0x1000..<0x3000, fileOffset: 0, path: "/a"),
    ]
    let bytes = BuilderNote.files(mappings, pair.reference).descriptor
    let files = MappedFiles(bytes.span, in: pair.format)
    #expect(files?.pageSize == 4096)
    #expect(files?.entries.map(\.range) == mappings.map(\.range))
    #expect(files?.entries.map(\.fileOffset) == [0x3000, 0])
    #expect(files?.entries.map(\.path) == [Array("/b b".utf8), Array("/a".utf8)])
  }

  @Test(
    "of mapped files with a count that can't be true is none", arguments: FormatPair.all,
    [3, 1000, .max, .max / 24, 1 << 31] as [UInt64])
  func hostileCount(of pair: FormatPair, count: UInt64) {
    var writer = FieldWriter(pair.reference)
    writer.native(count)
    writer.native(4096)
    for word in 0..<6 { writer.native(UInt64(word)) }
    writer.raw([0, 0])
    let files = MappedFiles(writer.bytes.span, in: pair.format)
    #expect(files == nil)
  }

  @Test("of mapped files that is shorter than its two counts is unsound", arguments: FormatPair.all)
  func shortList(of pair: FormatPair) {
    for length in 0..<2 * pair.format.wordSize {
      let bytes = [UInt8](repeating: 0, count: length)
      let isSound = MappedFiles.isSound(bytes.span, in: pair.format)
      #expect(!isSound, "\(length) bytes")
    }
  }

  @Test(
    "of the auxiliary vector gives the first value of each key, up to its end",
    arguments: FormatPair.all)
  func auxiliaryVector(of pair: FormatPair) {
    var bytes = BuilderNote.auxiliaryVector([(3, 0x40), (9, 0x99), (3, 7)], pair.reference)
      .descriptor
    bytes += BuilderNote.auxiliaryVector([(33, 1)], pair.reference).descriptor
    for cut in [bytes, Array(bytes.dropLast(1)), bytes + [1]] {
      let vector = AuxiliaryVector(cut.span, in: pair.format)
      #expect(vector[.programHeaders] == 0x40 && vector[.entry] == 0x99 && vector[.vdso] == nil)
    }
  }

  @Test("of any kind, cut anywhere, never traps", arguments: BuilderMachine.all)
  func cutDescriptors(machine: BuilderMachine) {
    let format = Self.format(machine)
    let notes: [BuilderNote] = [
      .thread(1, of: machine), .process(1, name: "a", arguments: "b", of: machine),
      .files([ReferenceMapping(range: 1..<2, fileOffset: 0, path: "/x")], machine.format),
      .auxiliaryVector([(3, 4)], machine.format),
    ]
    for note in notes {
      for length in 0...note.descriptor.count {
        let bytes = Array(note.descriptor[..<length])
        let thread = ThreadStatus(
          bytes.span, machine: Machine(rawValue: machine.number), in: format)
        let info = ProcessInfo(bytes.span, in: format)
        let files = MappedFiles(bytes.span, in: format)
        let vector = AuxiliaryVector(bytes.span, in: format)
        #expect(thread == nil || length >= 12)
        #expect(info == nil || length >= 124)
        #expect(files == nil || length >= 2 * format.wordSize)
        #expect(vector.isEmpty || length >= 2 * format.wordSize)
      }
    }
  }
}
