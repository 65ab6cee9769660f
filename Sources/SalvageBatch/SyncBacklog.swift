internal import CoreIO

/// Groups that wait for a thread of their own to bring them to the disk, so that the workers go on meanwhile.
final class SyncBacklog: @unchecked Sendable {
  // It guards all that is below.
  private let monitor = Monitor()
  private var groups: [SyncGroup] = []
  /// Whether somebody takes groups at all.
  private var isServed = false
  private var isClosed = false
  private let most: Int

  /// - Parameter most: how many groups may wait; each holds its outputs open.
  init(most: Int) { self.most = most }

  /// Takes a group over, and leaves an empty one; false where whoever has it must publish it.
  func accept(_ group: inout SyncGroup) -> Bool {
    let full = group
    let isAccepted = monitor.locked {
      guard isServed, !isClosed, groups.count < most else { return false }
      groups.append(full)
      monitor.wakeAll()
      return true
    }
    if isAccepted { group = SyncGroup(largestCount: group.largestCount) }
    return isAccepted
  }

  /// Hands over the groups as they come, until it is closed and none is left.
  func serve(_ body: (SyncGroup) -> Void) {
    while true {
      let group = monitor.locked { () -> SyncGroup? in
        isServed = true
        monitor.wait { groups.isEmpty && !isClosed }
        return groups.isEmpty ? nil : groups.removeFirst()
      }
      guard let group else { return }
      body(group)
    }
  }

  /// No more groups come; one that comes all the same is refused.
  func close() {
    monitor.locked {
      isClosed = true
      monitor.wakeAll()
    }
  }
}
