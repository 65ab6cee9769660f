internal import CoreIO
public import CoreModel

extension CaptureRecord: CustomStringConvertible {
  /// Lines for people, safe to print: one for each thing that is known. Ends without a newline.
  public var description: String { lines.joined(separator: "\n") }

  var lines: [String] {
    facts.map { label, text in
      "  " + label + String(repeating: " ", count: max(1, 10 - label.count)) + text
    }
  }

  /// What is known of the capture, each with a short label. Safe to print.
  var facts: [(label: String, text: String)] {
    var facts: [(label: String, text: String)] = []
    func add(_ label: String, _ text: String?) {
      guard let text, !text.isEmpty else { return }
      facts.append((label, text))
    }
    add("when", UTCTime(microseconds: time).description)
    add("way", wayWords)
    add("process", processWords)
    add("program", PrintableText(program).description)
    add("command", commandLine.commandWords(most: 1000))
    add("container", containerID.map { PrintableText($0).description })
    add("unit", unit.map { PrintableText($0).description })
    add("cgroup", PrintableText(cgroup).description)
    add("limits", limitWords)
    add("filter", coredumpFilter.map { "coredump_filter 0x" + hexadecimal($0) })
    let states = steps.map { "\($0.state.rawValue) \(Kill.duration($0.microseconds))" }
    add("states", states.joined(separator: ", "))
    add("killed", kill?.sentence)
    add("broken", wasInterrupted ? "the daemon was killed before it had finished" : nil)
    add("notes", partialThreads.map { "cut; of \(counted($0, "thread")) two registers only" })
    add("remark", remark.map { PrintableText($0).description })
    add("files", moduleWords)
    return facts
  }

  private var wayWords: String {
    let way =
      switch self.way {
      case .socket: "from the kernel over a socket"
      case .pipe: "from the kernel through a pipe"
      }
    let host = host.isEmpty ? "" : " on \(PrintableText(host))"
    return tool.isEmpty ? way + host : "\(way), by \(PrintableText(tool))\(host)"
  }

  private var processWords: String {
    var words = ["pid \(processID)"]
    if let containedProcessID { words.append("pid \(containedProcessID) in its container") }
    if let threadID, threadID != processID { words.append("thread \(threadID)") }
    if !name.isEmpty { words.append("named \(PrintableText(name))") }
    if let signal { words.append("signal \(signal)") }
    if let userID { words.append("user \(userID)") }
    if let groupID { words.append("group \(groupID)") }
    if hasChangedCredentials { words.append("with changed credentials") }
    return words.joined(separator: ", ")
  }

  /// The limits that bear on dumps.
  private var limitWords: String {
    let meant = ["Max core file size": "core", "Max file size": "file size"]
    return limits.compactMap { limit in
      meant[limit.name].map { "\($0) \(Self.words(limit.soft)), hard \(Self.words(limit.hard))" }
    }.joined(separator: "; ")
  }

  private static func words(_ limit: UInt64?) -> String {
    limit.map { String($0) } ?? "unlimited"
  }

  private var moduleWords: String? {
    guard !modules.isEmpty else { return nil }
    let (count, overflow) = UInt64(modules.count).addingReportingOverflow(modulesLeftOut)
    let known = modules.count { $0.buildID != nil }
    let deleted = modules.count(where: \.isDeleted)
    return "\(overflow ? UInt64.max : count) mapped, build-ids of \(known)"
      + (deleted > 0 ? ", \(deleted) deleted since they were mapped" : "")
  }
}
