public import CoreIO
internal import Salvage
public import SalvageCapture
internal import SystemPackage

extension InstallPlan: CustomStringConvertible {
  /// Everything that will be written and done, as lines; safe to print. Ends without a newline.
  public var description: String {
    var parts = [
      "mode: \(mode.rawValue)", "core_pattern: \(PrintableText(pattern))",
      "store: \(PrintableText(store))",
    ]
    for rival in rivals {
      parts.append("also: \(rival.name), by \(PrintableText(rival.file)): \(rival.advice)")
    }
    for file in files {
      switch file.content {
      case .link(let target):
        parts.append("\nlink \(PrintableText(place(of: file))) to \(PrintableText(target))")
      case .text(let text):
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
          .map { "  " + PrintableText(String($0)).description }
        parts.append("\nwrite \(PrintableText(place(of: file))):\n" + lines.joined(separator: "\n"))
      }
    }
    if !steps.isEmpty {
      parts.append("\n" + steps.map { PrintableText($0.words).description }.joined(separator: "\n"))
    }
    return parts.joined(separator: "\n")
  }
}

extension CaptureTest: CustomStringConvertible {
  /// What came of it, and what to do where nothing did; safe to print. Ends without a newline.
  public var description: String {
    let milliseconds = UInt64(seconds * 1000)
    guard let core, let inspection else {
      return """
        No core of process \(processID) came within \(UInt64(Self.patience)) seconds.
        Look at what the daemon says (journalctl -u coresalvage-capture) and at the kernel's log (dmesg | grep -i core).
        If its store is another folder, name it: coresalvage capture test --store DIR
        """
    }
    return """
      Process \(processID) crashed, and \(milliseconds) ms later its core was there: \(PrintableText(core))
      \(inspection.headlineText)
      """
  }
}

extension CaptureTest {
  /// What came of it, as one object: see coresalvage-format(5).
  public var json: JSONValue {
    let failure = "no core of process \(processID) came within \(UInt64(Self.patience)) seconds"
    return .members([
      "tool": .string(SalvageVersion.tool),
      "input": core.map { .text($0.bytes) } ?? .null,
      "error": core == nil ? .string(failure) : .null,
      "next": core.map { .string("coresalvage inspect \(ShellWord($0))") } ?? .null,
      "pid": .number(UInt64(clamping: processID)),
      "milliseconds": core == nil ? .null : .number(UInt64(seconds * 1000)),
      "whole": inspection.map { .bool($0.isWhole) } ?? .null,
    ])
  }
}
