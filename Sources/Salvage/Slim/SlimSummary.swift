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

  /// What was asked for.
  public let options: SlimOptions
  /// Bytes of memory that survived, and those of them that are kept.
  public let memory: ByteTotal
  /// The largest first.
  public let leftOut: [LeftOut]
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
    var sizes: [String: UInt64] = [:]
    for range in plan.segments.lost where range.cause == .notKept {
      let kind = kind(range)
      let what =
        !kind.isStack
        ? kind.what
        : options.kinds.contains(.stacks) ? "stacks, but for what is in use of them" : "stacks"
      sizes[what, default: 0] +|= range.length
    }
    leftOut = sizes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { LeftOut(what: $0.key, size: $0.value) }
  }
}
