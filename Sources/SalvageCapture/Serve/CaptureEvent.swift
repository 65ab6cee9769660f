public import CoreIO
internal import CoreModel
public import SystemPackage

/// What came of a crash, for a log.
public struct CaptureEvent: Sendable {
  /// What.
  public enum Result: Sendable {
    /// A core; `lost` bytes of the memory that the kernel would have dumped are not in it.
    case captured(FilePath, size: UInt64, lost: UInt64)
    /// The process was gone before its registers were read: what came of its core.
    case cut(FilePath)
    /// The process was gone before anything of its core came.
    case gone
    /// More crashes than the limits let be kept: it was counted.
    case refused
    /// A core of a daemon that was killed was brought to its end.
    case finished(FilePath)
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
    let who = "\(PrintableText(record.name)) (pid \(record.processID))"
    let time = Self.seconds(record.steps.last?.microseconds ?? 0)
    switch result {
    case .captured(let path, let size, let lost):
      var whole = lost == 0 ? "whole" : "\(ByteCount(lost)) of its memory lost"
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
    case .failed(let error): return "not captured \(who): \(error)"
    }
  }

  /// Who killed it, where that is known.
  private var killer: String {
    guard let kill = record.kill else { return "" }
    guard kill.kind != .oom else { return " (by the OOM killer)" }
    return kill.senders.first.map { " (by \(PrintableText($0.name)), pid \($0.processID))" } ?? ""
  }

  private static func seconds(_ microseconds: UInt64) -> String {
    let hundredths = microseconds / 10_000
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }
}
