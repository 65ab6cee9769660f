internal import CoreIO

extension CaptureRecord.Kill {
  /// When it was killed, and by whom. Safe to print.
  public var sentence: String {
    let time = "\(Self.duration(microseconds)) after the crash"
    guard let first = senders.first else { return anonymous(time) }
    switch kind {
    case .oom:
      return "It was killed \(time) by the OOM killer, while \(first.words) asked for memory;"
        + " that process is no culprit."
    case .namespace:
      return "It was killed \(time), because the init of its pid namespace ended: \(first.words)"
        + "\(chain)."
    case .cgroup: return "It was killed \(time) through its cgroup by \(first.words)\(chain)."
    case .signal: return "It was killed \(time) by \(first.words)\(chain)."
    case .unknown: return "It ended \(time), perhaps by \(first.words)."
    }
  }

  /// The same where no sender is named.
  private func anonymous(_ time: String) -> String {
    switch kind {
    case .oom: "It was killed \(time) by the OOM killer."
    case .namespace: "It was killed \(time), because the init of its pid namespace ended."
    case .cgroup: "It was killed \(time) through its cgroup; by whom is not known."
    case .signal: "It was killed \(time); by whom is not known."
    case .unknown:
      "It ended \(time); who ended it is not known, because nothing traced signals then."
    }
  }

  /// Who had killed whom before.
  private var chain: String {
    senders.dropFirst().prefix(Self.mostSenders).map { sender in
      let time = sender.microsecondsBefore.map { " \(Self.duration($0))" } ?? ""
      return "; who was killed\(time) before by \(sender.words)"
    }.joined()
  }

  private static let mostSenders = 8

  /// `213 ms`, `0.4 ms`, `12.0 s`.
  package static func duration(_ microseconds: UInt64) -> String {
    switch microseconds {
    case ..<10_000: "\(microseconds / 1000).\(microseconds / 100 % 10) ms"
    case ..<10_000_000: "\(microseconds / 1000) ms"
    default: "\(microseconds / 1_000_000) s"
    }
  }
}

extension CaptureRecord {
  /// The short name of the process, or that it has none. Safe to print.
  package var shownName: String { name.shownName }
}

extension CaptureRecord.Sender {
  /// The same of who sent a signal.
  package var shownName: String { name.shownName }

  /// `runc (pid 812, user 0): runc --root /run kill`. Safe to print.
  package var words: String {
    let user = userID.map { ", user \($0)" } ?? ""
    let command = commandLine.commandWords(most: 240)
    return "\(shownName) (pid \(processID)\(user))" + (command.isEmpty ? "" : ": \(command)")
  }
}

extension [UInt8] {
  /// The short name of a process, which may be gone before anybody could ask for it.
  fileprivate var shownName: String {
    isEmpty ? "a process" : PrintableText(self).description
  }

  /// A command line with a NUL after each word, as one line with spaces, cut where it is long. Safe to print.
  package func commandWords(most: Int) -> String {
    let words = Array(split(separator: 0).joined(separator: [0x20]))
    let text = PrintableText(words.prefix(most)).description
    return words.count > most ? text + "…" : text
  }
}
