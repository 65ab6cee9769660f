internal import CoreIO
public import SalvageCapture
internal import SystemPackage

extension CaptureStatus: CustomStringConvertible {
  /// Lines for people, safe to print; what to do next comes last. Ends without a newline.
  public var description: String {
    var lines = [sentence, "", row("pattern", patternWords), row("handler", owner.words)]
    if let isListening {
      lines.append(row("daemon", isListening ? "listens" : "does not listen"))
    }
    lines.append(
      row(
        "waits",
        settings.pipeLimit > 0
          ? "a process waits until its core is taken (core_pipe_limit \(settings.pipeLimit))"
          : "no process waits for its handler (core_pipe_limit 0)"))
    lines.append(row("kernel", modeWords))
    if let previous {
      lines.append(
        row("before", "\(PrintableText(previous.pattern)), core_pipe_limit \(previous.pipeLimit)"))
    }
    if let skipped, skipped.count > 0, let store {
      let listing = "coresalvage capture list --store \(ShellWord(store))"
      lines.append(
        row("missed", "\(skipped.count) of the crashes that came have no core: \(listing)"))
    }
    for rival in rivals {
      lines.append(row("also", "\(rival.name), by \(PrintableText(rival.file)): \(rival.advice)"))
    }
    if let next { lines += ["", next] }
    return lines.joined(separator: "\n")
  }

  private func row(_ label: String, _ text: String) -> String {
    "  " + label + String(repeating: " ", count: max(1, 10 - label.count)) + text
  }

  private var patternWords: String {
    settings.pattern.isEmpty ? "empty" : PrintableText(settings.pattern).description
  }

  private var modeWords: String {
    guard let modes else { return "before 6.17: gives cores to files and pipes" }
    return "gives cores to " + modes.joined(separator: ", ")
  }

  /// What will happen to the next crash.
  public var sentence: String {
    switch owner {
    case .ourSocket where isListening == false:
      "The next crash leaves no core at all: nobody listens where the kernel sends it."
    case .ourPipe where hasProgram == false, .known where hasProgram == false,
      .program where hasProgram == false:
      "The next crash leaves no core at all: the program that the kernel starts for it is not there."
    case .ourSocket, .ourPipe:
      "The next crash is captured: its core stays whole though it is killed."
    case .known(let name):
      "The next crash goes to \(name): a kill while it is dumped cuts its core."
    case .program(let path):
      "The next crash goes to \(PrintableText(path)): a kill while it is dumped cuts its core."
    case .socket(let path) where isListening == false:
      "The next crash leaves no core at all: nobody listens at \(PrintableText(path))."
    case .socket(let path):
      "The next crash goes to whoever listens at \(PrintableText(path))."
    case .file(let name):
      "The next crash is written to a file (\(PrintableText(name))) if its limit for cores lets it: a kill while it is dumped cuts it."
    case .nobody: "The next crash leaves no core: core_pattern is empty."
    }
  }

  private var next: String? {
    if isActive { return "To try it: coresalvage capture test" }
    if case .ourSocket = owner {
      return isInstalled
        ? "To start the daemon: systemctl start coresalvage-capture"
        : "To have the settings back that were before: coresalvage capture restore-pattern"
    }
    if isInstalled {
      return modes?.contains("socket") == true
        ? "It is installed. To start it: systemctl restart coresalvage-capture"
        : "It is installed, and something else was set since. To set it again: coresalvage capture install"
    }
    return "To have crashes captured: coresalvage capture install"
  }

  /// The command of what is to be done next, which the line ends with.
  private var nextCommand: String? {
    guard let next, let colon = next.lastIndex(of: ":") else { return nil }
    return String(next[colon...].dropFirst(2))
  }

  /// The same for programs.
  public var json: JSONValue {
    .members([
      "tool": .string(SalvageVersion.tool), "next": nextCommand.map(JSONValue.string) ?? .null,
      "active": .bool(isActive), "sentence": .string(sentence),
      "core_pattern": .text(settings.pattern),
      "core_pipe_limit": .number(UInt64(settings.pipeLimit)),
      "core_modes": modes.map { .array($0.map(JSONValue.string)) } ?? .null,
      "handler": .string(owner.words), "ours": .bool(owner.isOurs),
      "listening": isListening.map(JSONValue.bool) ?? .null,
      "installed": .bool(isInstalled),
      "previous": previous.map {
        .members([
          "core_pattern": .text($0.pattern), "core_pipe_limit": .number(UInt64($0.pipeLimit)),
        ])
      } ?? .null,
      "missed": skipped.map { .number($0.count) } ?? .null,
      "others": .array(
        rivals.map {
          .members([
            "name": .string($0.name), "file": .string(PrintableText($0.file).description),
            "advice": .string($0.advice),
          ])
        }),
    ])
  }
}

extension CaptureStatus {
  /// What `capture test` says where it has nothing to try.
  public static let untried =
    "Nothing was tried: this machine's crashes are not captured, and no process was crashed."

  /// The status, and that nothing was tried.
  public var untriedJSON: JSONValue {
    guard case .object(let members) = json else { return json }
    return .object(members + [.init(name: "error", value: .string(Self.untried))])
  }
}

extension PatternOwner {
  /// Whose it is, in words.
  var words: String {
    switch self {
    case .ourSocket(let path): "coresalvage, at the socket \(PrintableText(path))"
    case .ourPipe: "coresalvage, started for each crash"
    case .known(let name): name
    case .program(let path): "the program \(PrintableText(path))"
    case .socket(let path): "the socket \(PrintableText(path))"
    case .file(let name): "none: the kernel writes the file \(PrintableText(name))"
    case .nobody: "none"
    }
  }
}
