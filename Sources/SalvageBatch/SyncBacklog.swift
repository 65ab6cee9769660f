internal import Synchronization

/// Groups that wait for a thread of their own to bring them to the disk, so that the workers go on meanwhile.
final class SyncBacklog: Sendable {
  private struct State {
    var groups: [SyncGroup] = []
    /// Whether somebody takes groups at all.
    var isServed = false
  }

  private let state = Mutex(State())
  private let most: Int

  /// - Parameter most: how many groups may wait; each holds its outputs open.
  init(most: Int) { self.most = most }

  /// From now on somebody takes groups; or nobody any more.
  func serve(_ isServed: Bool) { state.withLock { $0.isServed = isServed } }

  /// Takes a group over, and leaves an empty one; false where whoever has it must publish it.
  func accept(_ group: inout SyncGroup) -> Bool {
    let full = group
    let isAccepted = state.withLock { state in
      guard state.isServed, state.groups.count < most else { return false }
      state.groups.append(full)
      return true
    }
    if isAccepted { group = SyncGroup(largestCount: group.largestCount) }
    return isAccepted
  }

  func next() -> SyncGroup? {
    state.withLock { $0.groups.isEmpty ? nil : $0.groups.removeFirst() }
  }
}
