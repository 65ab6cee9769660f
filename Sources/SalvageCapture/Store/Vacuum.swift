internal import ELFCore

/// What has to go so that a store keeps to its limits: the oldest first, the newest core only for its age, and never what is
/// still being taken. Values in, values out.
struct Vacuum {
  /// In microseconds since 1970.
  let now: UInt64
  let options: StoreOptions
  /// Of the file system, in bytes; nil where it does not tell.
  let room: (free: UInt64, size: UInt64)?

  /// The files to remove, in that order.
  ///
  /// What one takes of the disk counts as free once it is removed: where somebody has it open the disk may know better, but to
  /// go on removing then would take all.
  func removals(from files: [StoredFile]) -> [StoredFile] {
    var used: UInt64 = 0
    for file in files { used = used +| file.allocated }
    var needed = max(
      options.maxUse.map { used -| $0 } ?? 0,
      room.map { options.freeShare(of: $0.size) -| $0.free } ?? 0)
    let finished = files.filter { $0.name.form != .unfinished }
      .sorted { ($0.name.time, $0.name.text) < ($1.name.time, $1.name.text) }
    let newest = finished.last?.name.stem
    var removals: [StoredFile] = []
    for file in finished {
      guard isTooOld(file) || needed > 0 && file.name.stem != newest else { continue }
      removals.append(file)
      needed = needed -| file.allocated
    }
    return removals
  }

  private func isTooOld(_ file: StoredFile) -> Bool {
    guard let maxAge = options.maxAge else { return false }
    return (now -| file.name.time) / 1_000_000 > maxAge
  }
}
