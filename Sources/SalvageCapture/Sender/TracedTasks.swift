internal import SystemPackage

/// The kernel's list of the processes that traced tasks belong to. It outlives the tasks.
struct TracedTasks: Sendable {
  private let text: TraceText?

  /// As it is now. To read it takes some milliseconds.
  init() {
    text =
      TraceText("saved_tgids", in: "/sys/kernel/tracing")
      ?? TraceText("saved_tgids", in: "/sys/kernel/debug/tracing")
  }

  init(_ text: TraceText) { self.text = text }

  /// The process of a task; nil where the list doesn't have it.
  func process(of task: UInt32) -> UInt32? {
    // Two numbers: `29887 29886`.
    for line in text?.lines(with: "\(task) ") ?? [] {
      let words = line.split(separator: UInt8(ascii: " ")).map {
        UInt32(String(decoding: $0, as: UTF8.self))
      }
      if words.count == 2, words[0] == task { return words[1] }
    }
    return nil
  }
}
