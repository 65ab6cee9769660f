internal import SalvageText

/// SIGTERM, SIGINT and SIGHUP as a wish to come to an end.
enum StopSignals {
  /// Calls `body` when the first one comes; a second one ends us at once.
  static func whenReceived(_ body: @escaping @Sendable () -> Void) {
    // One thread waits for all signals: two would take them from each other.
    Interruption.whenAskedToEnd(body)
  }
}
