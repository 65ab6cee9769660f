internal import CoreIO
public import CoreModel
internal import ELFCore

/// What a slim core keeps, and what was left out of it on request.
public struct SlimSummary: Hashable, Sendable {
  /// Memory that was left out, by what it was.
  public struct LeftOut: Hashable, Sendable {
    /// `heap`, `libc.so.6 data`: safe to print.
    public let what: String
    /// In bytes.
    public let size: UInt64
  }

  /// What is in use of a thread's stack, and was left out: what lies beyond 8 MiB of it, or was named or has no room.
  public struct StackLeftOut: Hashable, Sendable {
    /// The thread's id.
    public let thread: UInt32
    /// In bytes.
    public let size: UInt64
    /// Whether it is known to be of the thread's stack. Else the stack may end before.
    public let isCertain: Bool
  }

  /// What was asked for.
  public let options: SlimOptions
  /// Bytes of memory that survived, and those of them that are kept.
  public let memory: ByteTotal
  /// The largest first.
  public let leftOut: [LeftOut]
  /// What is left out of stacks though it is in use: what is certain first, and then the largest first.
  public let stacksLeftOut: [StackLeftOut]
  /// Threads whose stack pointers lead to no memory, and to no stack that is known to be theirs: nothing is kept of it.
  public let unknownStacks: [UInt32]
  /// Whether less is kept than was asked for, because the size that was asked for has no room for it.
  public let isCutShort: Bool
  /// Of the whole slim core, in bytes.
  public let size: UInt64

  init(
    _ slimming: Slimming, _ plan: Plan, survived: UInt64,
    _ kind: (LostRange) -> RepairReport.LossKind
  ) {
    options = slimming.options
    memory = ByteTotal(survived, survived: plan.segments.memory.survived)
    isCutShort = slimming.isCutShort
    size = plan.size
    stacksLeftOut = slimming.stacksLeftOut
    unknownStacks = slimming.unknownStacks
    let hasAllInUse =
      options.kinds.contains(.stacks) && stacksLeftOut.isEmpty && unknownStacks.isEmpty
    var sizes: [String: UInt64] = [:]
    for range in plan.segments.lost where range.cause == .notKept {
      let kind = kind(range)
      let what =
        !kind.isStack
        ? kind.what
        : hasAllInUse ? "stacks, but for what is in use of them" : "stacks"
      sizes[what, default: 0] +|= range.length
    }
    leftOut = sizes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { LeftOut(what: $0.key, size: $0.value) }
  }
}
