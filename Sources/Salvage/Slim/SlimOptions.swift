package import CoreIO
internal import ELFCore

/// What of a core's memory a slim one keeps. Registers, notes, the list of libraries, the header pages of files and the vdso are
/// kept whatever is asked for: without those, debuggers name nothing.
public struct SlimOptions: Hashable, Sendable {
  /// What memory is for, as far as that is a choice.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Of each thread, from its stack pointer to the end of its stack; of the first one, to where the kernel put the strings of
    /// arguments and environment.
    case stacks
    /// The memory that `brk` gives.
    case heap
    /// Mapped memory of no file that is no stack: allocations, thread-local data.
    case anonymous
    /// Data of the program and of libraries, with their bss.
    case globals
    /// Code and read-only data of the program and of libraries, as far as the dump has it.
    case code
    /// Memory that processes share: System V, memfd, /dev/shm.
    case shared
    /// Mapped files that are no code.
    case files
    /// The strings of arguments and environment on the main stack.
    case environment
  }

  /// The kinds that are kept.
  public var kinds: Set<Kind> = [.stacks]
  /// Whether all that is in use of a stack is kept, however much that is; else 8 MiB of it at most.
  public var keepsWholeStacks = false
  /// Addresses that are kept besides.
  public var keptRanges: [Range<UInt64>] = []
  /// Addresses that are left out, whatever else is asked for.
  public var droppedRanges: [Range<UInt64>] = []
  /// How long the slim core may be, in bytes; nil where that doesn't matter.
  public var mostBytes: UInt64?
  /// How many pointers may lead from a stack to memory that is kept.
  public var depth = 0

  /// The stacks, and no pointers followed.
  public init() {}

  /// As the note has them.
  package var members: [JSONValue.Member] {
    let kinds = Kind.allCases.filter(self.kinds.contains).map { JSONValue.string($0.rawValue) }
    func words(_ ranges: [Range<UInt64>]) -> JSONValue {
      .array(
        ranges.map {
          .string("0x\(hexadecimal($0.lowerBound)):0x\(hexadecimal($0.upperBound - $0.lowerBound))")
        })
    }
    let wholeStacks = JSONValue.Member(name: "wholeStacks", value: .bool(true))
    return [
      .init(name: "keep", value: .array(kinds)),
      .init(name: "keepRanges", value: words(keptRanges)),
      .init(name: "dropRanges", value: words(droppedRanges)),
      .init(name: "maxSize", value: mostBytes.map(JSONValue.number) ?? .null),
      .init(name: "depth", value: .number(UInt64(clamping: depth))),
    ] + (keepsWholeStacks ? [wholeStacks] : [])
  }
}
