internal import CoreIO
internal import Glibc
internal import Synchronization
public import SystemPackage

/// Has the kernel's crashes come to us, and gives the settings back that were there before: at the end, or, where we are
/// killed, by a process that watches for that. A pattern that nobody listens to means no cores at all.
public final class PatternKeeper: Sendable {
  private let state: FilePath
  private let kernel: FilePath
  private let watch = Mutex<PatternWatch?>(nil)

  /// Where the previous settings are kept: gone at a reboot, as the settings are.
  public static let usualState: FilePath = "/run/coresalvage"

  /// Remembers what is set, starts the watch, then sets `pattern`.
  ///
  /// Settings that are ours already, left by one of us that was killed, are not taken for the user's: what that one remembered
  /// stays remembered, and where it is not known any more, the kernel's own default takes its place.
  ///
  /// - Parameter pattern: as core_pattern has it: `@@PATH`, with a listener there already.
  /// - Parameter pipeLimit: for core_pipe_limit, at least: above 0 a process waits until its handler is done with it.
  /// - Parameter state: the folder for what is remembered; it is made where it is not there.
  /// - Throws: where the kernel refuses the pattern (the system says no, or it is longer than 127 bytes), and where somebody
  ///   else of us who is alive has the settings.
  public static func take(
    pattern: String, pipeLimit: UInt32 = 16, state: FilePath = usualState
  ) throws(SalvageError) -> PatternKeeper {
    try take(
      pattern: pattern, pipeLimit: pipeLimit, state: state, kernel: DumpSettings.folder,
      isWatched: true)
  }

  package static func take(
    pattern: String, pipeLimit: UInt32, state: FilePath, kernel: FilePath, isWatched: Bool,
    isLasting: Bool = false
  ) throws(SalvageError) -> PatternKeeper {
    let bytes = Array(pattern.utf8)
    guard bytes.count <= DumpSettings.longestPattern, !bytes.contains(UInt8(ascii: "\n")) else {
      throw SalvageError(
        .badOutput(
          reason: "the kernel takes patterns of at most \(DumpSettings.longestPattern) bytes, "
            + "and this one has \(bytes.count): \(PrintableText(bytes))"),
        file: kernel.appending("core_pattern"))
    }
    try StateFolder.make(state)
    return try StateFolder.locked(state) { () throws(SalvageError) in
      let current = try DumpSettings(in: kernel)
      let former = PreviousSettings(in: state)
      if let former, former.ours.pattern == current.pattern, former.owner.isAlive,
        former.owner != .own, former.owner != .lasting
      {
        throw SalvageError(
          .badOutput(
            reason: "is handled already, by process \(former.owner.process); stop that first"),
          file: kernel.appending("core_pattern"))
      }
      let previous = Self.previous(current, former, wanted: bytes)
      let ours = DumpSettings(
        pattern: bytes, pipeLimit: max(1, max(pipeLimit, current.pipeLimit)))
      try PreviousSettings(previous: previous, ours: ours, owner: isLasting ? .lasting : .own)
        .save(in: state)
      let keeper = PatternKeeper(state: state, kernel: kernel)
      do throws(SalvageError) {
        if isWatched { try keeper.startWatch() }
        try ours.set(in: kernel)
      } catch {
        try? previous.set(in: kernel)
        PreviousSettings.forget(in: state)
        throw error
      }
      return keeper
    }
  }

  private init(state: FilePath, kernel: FilePath) {
    self.state = state
    self.kernel = kernel
  }

  private func startWatch() throws(SalvageError) {
    let started = try PatternWatch(state: state, kernel: kernel)
    watch.withLock { $0 = started }
  }

  /// The user's settings, when these are set now.
  private static func previous(
    _ current: DumpSettings, _ former: PreviousSettings?, wanted: [UInt8]
  ) -> DumpSettings {
    let isOurs =
      current.pattern == wanted || current.pattern == former?.ours.pattern
      || PatternOwner(current.pattern).isOurs
    guard isOurs else { return current }
    return former?.previous ?? .original
  }

  /// Gives back what was set before, if what is set is still ours, and ends the watch. Crashes go to the previous handler from
  /// then on. Does nothing the second time.
  public func giveBack() {
    _ = try? Self.restore(state: state, kernel: kernel, owner: .own)
    watch.withLock { watch in
      watch?.end()
      watch = nil
    }
  }

  /// What a daemon that was killed did not give back. Leaves those of one alone that is alive.
  ///
  /// - Returns: what is set now, if it was changed.
  @discardableResult
  public static func restoreLeft(state: FilePath = usualState) throws(SalvageError) -> DumpSettings?
  {
    if let place = TraceInstance.place { TraceInstance.removeStale(in: place) }
    return try restore(state: state, kernel: DumpSettings.folder, owner: nil)
  }

  /// Gives back what `owner` took, or what anybody took who is dead; with `isRehearsal` it only finds out what that is.
  static func restore(
    state: FilePath, kernel: FilePath, owner: PreviousSettings.Owner?, evenIfLasting: Bool = false,
    isRehearsal: Bool = false
  ) throws(SalvageError) -> DumpSettings? {
    guard FileIdentity(at: state, followingLinks: true) != nil else { return nil }
    return try StateFolder.locked(state) { () throws(SalvageError) -> DumpSettings? in
      guard let kept = PreviousSettings(in: state) else { return nil }
      if let owner {
        guard kept.owner == owner else { return nil }
      } else if kept.owner == .lasting ? !evenIfLasting : kept.owner.isAlive {
        return nil
      }
      let current = try DumpSettings(in: kernel)
      // Somebody has set something else since: that is meant.
      guard current.pattern == kept.ours.pattern else {
        if !isRehearsal { PreviousSettings.forget(in: state) }
        return nil
      }
      var restored = kept.previous
      if current.pipeLimit != kept.ours.pipeLimit { restored.pipeLimit = current.pipeLimit }
      guard !isRehearsal else { return restored }
      try restored.set(in: kernel)
      PreviousSettings.forget(in: state)
      return restored
    }
  }
}
