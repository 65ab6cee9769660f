/// Builds a synthetic core, field by field in elf(5)'s order, so that it and the code under test
/// share no table of offsets.
public struct CoreBuilder: Sendable {
  /// Who seems to have written the core.
  public enum Layout: Sendable, CaseIterable {
    /// Notes before memory, and no section headers unless they are needed for PN_XNUM.
    case kernel
    /// Memory first, then the notes, then a section header table, as gdb's gcore writes.
    case gcore
  }

  public var machine: BuilderMachine
  public var layout: Layout = .kernel
  public var notes: [BuilderNote] = []
  public var segments: [BuilderSegment] = []
  /// Segments begin at multiples of it in the file; also `p_align`.
  public var pageSize = 4096
  /// `p_align` of the PT_NOTE: 4 as of late kernels; older ones and qemu write 0.
  public var noteAlignment: UInt64 = 4
  /// Count the program headers in section header 0, however few there are.
  public var usesExtendedNumbering = false

  public init(_ machine: BuilderMachine = .x86_64) {
    self.machine = machine
  }

  /// A core of some threads and a little of everything: memory with content, zeros and holes, a
  /// segment that was not dumped, and all notes that every kernel writes.
  public static func typical(
    _ machine: BuilderMachine = .x86_64, threads: Int = 3, layout: Layout = .kernel
  ) -> CoreBuilder {
    var random = SeededGenerator(seed: 1)
    var builder = CoreBuilder(machine)
    builder.layout = layout
    let ids = (0..<threads).map { Int32(4242 + $0) }
    for id in ids {
      builder.notes.append(.thread(id, signal: id == 4242 ? 11 : 0, of: machine))
    }
    builder.notes.insert(
      .process(4242, name: "typical", arguments: "typical --cut me", of: machine),
      at: min(1, threads))
    builder.segments = [
      BuilderSegment(at: 0x0040_0000, flags: BuilderSegment.read, random.nonZeroBytes(4096)),
      BuilderSegment(undumpedAt: 0x0040_1000, size: 0x3000),
      BuilderSegment(at: 0x0100_0000, random.nonZeroBytes(3 * 4096)),
      BuilderSegment(at: 0x0200_0000, [UInt8](repeating: 0, count: 2 * 4096)),
      BuilderSegment(at: 0x7ff0_0000, random.nonZeroBytes(5 * 4096)),
    ]
    return builder
  }
}
