internal import CoreIO
package import SystemPackage

/// One of several equal shares of the files below a folder. Which share a file is in depends on its path there alone, so
/// that machines which never speak to each other agree.
public struct BatchShard: Hashable, Sendable {
  /// From 0 on, below `count`.
  public let index: UInt64
  /// How many shares there are.
  public let count: UInt64

  /// nil where there is no such share.
  public init?(index: UInt64, count: UInt64) {
    guard index < count else { return nil }
    self.index = index
    self.count = count
  }

  /// `K/N`, with K from 1 to N.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = UInt64(parts[0]), let count = UInt64(parts[1]),
      number > 0
    else { return nil }
    self.init(index: number - 1, count: count)
  }

  /// The share of a task of a Slurm array or of a Kubernetes Indexed Job, by the environment that they give it; nil where
  /// it names none.
  ///
  /// An array that is no plain range can't be counted through from here, and has no shares.
  public init?(environment: (String) -> String?) {
    func number(_ name: String) -> UInt64? { environment(name).flatMap { UInt64($0) } }
    if let index = number("JOB_COMPLETION_INDEX"), let count = number("JOB_COMPLETION_COUNT") {
      self.init(index: index, count: count)
      return
    }
    guard let task = number("SLURM_ARRAY_TASK_ID"), let count = number("SLURM_ARRAY_TASK_COUNT")
    else { return nil }
    let first = number("SLURM_ARRAY_TASK_MIN") ?? (task < count ? 0 : 1)
    let step = max(1, number("SLURM_ARRAY_TASK_STEP") ?? 1)
    let last = number("SLURM_ARRAY_TASK_MAX")
    guard first <= task, (task - first) % step == 0,
      last.map({ $0 >= first && ($0 - first) / step == count &- 1 }) ?? true
    else { return nil }
    self.init(index: (task - first) / step, count: count)
  }

  /// Whether a file is in this share.
  package func contains(_ relativePath: FilePath) -> Bool {
    Hash.of64(relativePath.bytes[...]) % count == index
  }
}

extension BatchShard: CustomStringConvertible {
  public var description: String { "\(index + 1)/\(count)" }
}
