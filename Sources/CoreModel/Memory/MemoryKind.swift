/// What a stretch of memory was for, as far as a core tells it.
public enum MemoryKind: String, Hashable, Sendable, CaseIterable {
  /// What the program's file holds: code and data.
  case program
  /// What libraries hold, the dynamic linker among them.
  case libraries
  /// The memory that `brk` gives.
  case heap
  /// Mapped memory of no file: allocations, bss, thread-local data.
  case anonymous
  /// Stacks of all threads but the first.
  case threadStacks = "thread stacks"
  /// The stack of the first thread.
  case mainStack = "main stack"
  /// What the kernel maps into every process: vdso, vvar, vsyscall.
  case vdso
  /// Memory that a core's names tell to be shared: System V, memfd, /dev/shm, anonymous shared.
  case shared = "shared memory"
  /// Files that are no code.
  case files = "file mappings"

  /// The letter that stands for it where there is no colour.
  public var letter: Character {
    switch self {
    case .program: "P"
    case .libraries: "L"
    case .heap: "H"
    case .anonymous: "A"
    case .threadStacks: "T"
    case .mainStack: "S"
    case .vdso: "V"
    case .shared: "M"
    case .files: "F"
    }
  }
}
