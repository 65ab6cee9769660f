public import CoreIO
internal import CoreModel
public import SystemPackage

/// What came of a crash, for a log.
public struct CaptureEvent: Sendable {
  /// What.
  public enum Result: Sendable {
    /// A core; `lost` bytes of the memory that the kernel would have dumped are not in it. `hadRoom` is false where the disk, or
    /// what is kept free of it, had no room for them.
    case captured(FilePath, size: UInt64, lost: UInt64, hadRoom: Bool)
    /// The process was gone before its registers were read: what came of its core.
    case cut(FilePath)
    /// The process was gone before anything of its core came.
    case gone
    /// More crashes than the limits let be kept: it was counted.
    case refused
    /// A core of a daemon that was killed was brought to its end.
    case finished(FilePath)
    /// No core, for there was no room for one. Whether it was counted: there may be no room for that either.
    case noRoom(SalvageError, isCounted: Bool)
    /// No core.
    case failed(SalvageError)
    /// What a daemon that was killed has left, and can't be brought to its end. It stays as it is.
    case left(SalvageError)
  }

  /// What came of it.
  public let result: Result
  /// Whose.
  public let record: CaptureRecord

  /// A line to print: safe for a terminal.
  public var line: String {
    let who = "\(record.shownName) (pid \(record.processID))"
    let time = Self.seconds(record.steps.last?.microseconds ?? 0)
    switch result {
    case .captured(let path, let size, let lost, let hadRoom):
      let reason = hadRoom ? "" : " for want of room"
      var whole = lost == 0 ? "whole" : "\(ByteCount(lost)) of its memory lost\(reason)"
      if record.partialThreads != nil {
        whole = lost == 0 ? "all of its memory, its notes cut" : whole + ", its notes cut"
      }
      let killed = record.kill == nil ? "" : ", though it was killed\(killer)"
      return
        "captured \(who): \(whole)\(killed), \(ByteCount(size)) in \(time) s: \(PrintableText(path))"
    case .cut(let path):
      return
        "\(who) was gone before its registers were read\(killer); what came of its core: \(PrintableText(path))"
    case .gone:
      let held = record.steps.contains { $0.state == .pinned } ? ", though its memory was held" : ""
      return "\(who) was gone before anything of its core came\(held)\(killer)"
    case .refused: return "not captured \(who): too many crashes; it was counted"
    case .finished(let path): return "finished what was left of \(who): \(PrintableText(path))"
    case .left(let error): return "left as it is: \(error)"
    case .noRoom(let error, let isCounted):
      return "not captured \(who): \(error)" + (isCounted ? "; it was counted" : "")
    case .failed(let error): return "not captured \(who): \(error)"
    }
  }

  /// Who killed it, where that is known.
  private var killer: String {
    guard let kill = record.kill else { return "" }
    guard kill.kind != .oom else { return " (by the OOM killer)" }
    return kill.senders.first.map { " (by \($0.shownName), pid \($0.processID))" } ?? ""
  }

  private static func seconds(_ microseconds: UInt64) -> String {
    let hundredths = microseconds / 10_000
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }
}
