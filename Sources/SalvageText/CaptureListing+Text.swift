internal import CoreIO
internal import CoreModel
public import Salvage
public import SalvageCapture
internal import SystemPackage

extension CaptureListing: CustomStringConvertible {
  /// A table for people, the newest core last, then the crashes of which none was taken. Safe to print; ends without a newline.
  public var description: String {
    let titles = ["time (UTC)", "pid", "user", "signal", "core", "on disk", "program"]
    let table = Table(titles, entries.map(\.row), rightAligned: [1, 2, 5])
    let lines = entries.isEmpty ? [] : table.lines
    return (lines + (skipped?.lines ?? [])).joined(separator: "\n")
  }
}

extension CaptureEntry {
  fileprivate var row: [String] {
    [
      UTCTime(microseconds: time).toTheSecond,
      processID.map { String($0) } ?? "",
      userID.map { String($0) } ?? "",
      signalWord,
      stateWord,
      ByteCount(allocated).description,
      PrintableText(program.isEmpty ? name : program).description,
    ]
  }

  private var program: [UInt8] { record?.program ?? [] }

  private var signalWord: String {
    guard let number = record?.signal.flatMap(UInt16.init(exactly:)) else { return "" }
    return Signal(number, .generic).description
  }

  private var stateWord: String {
    let word =
      switch state {
      case .whole: "whole"
      case .lost(let bytes): "\(ByteCount(bytes)) lost"
      case .unfinished: "unfinished"
      case .unreadable: "unreadable"
      }
    return word + (record?.kill == nil ? "" : ", was killed") + (isArchive ? ", archived" : "")
  }

  // MARK: All of one

  /// Lines for people: the file, all that `record` tells, and the command to type next. Safe to print; ends without a newline.
  ///
  /// - Parameters:
  ///   - record: see `fullRecord()`.
  ///   - report: what a repair tells of it; nil where it can't be opened yet.
  public func text(_ record: CaptureRecord?, _ report: RepairReport?) -> String {
    var lines = ["\(PrintableText(path)): \(stateWords)"]
    lines.append(
      "  size      \(ByteCount(size))\(isArchive ? ", an archive" : ""), \(ByteCount(allocated)) on disk"
    )
    if let record {
      lines += record.lines
    } else {
      lines.append("  when      \(UTCTime(microseconds: time))")
      let named = name.isEmpty ? "" : ", \(PrintableText(name))"
      if let processID { lines.append("  process   pid \(processID)\(named)") }
    }
    return (lines + nextLines(report)).joined(separator: "\n")
  }

  private var stateWords: String {
    switch state {
    case .whole: "whole, captured by coresalvage"
    case .lost(let bytes):
      "captured by coresalvage; \(ByteCount(bytes)) of it \(ByteCount(bytes).are) lost"
    case .unfinished: "not finished, valid as far as it goes"
    case .unreadable(let error): error.words
    }
  }

  private func nextLines(_ report: RepairReport?) -> [String] {
    let next = next(report)
    return ["next: \(next.line)"] + (next.needs.map { ["needs: \($0)"] } ?? [])
  }

  /// The command to type next, and what it needs that is not here.
  func next(_ report: RepairReport?) -> (line: String, needs: String?) {
    if case .unreadable = state { return ("coresalvage inspect \(ShellWord(path))", nil) }
    guard isArchive, let name = path.lastComponent else {
      let command = command(report, path)
      return (command.line, command.need)
    }
    let core = FilePath(bytes: Array(name.bytes.dropLast(".lz4".utf8.count)))
    let command = command(report, core)
    return (
      "coresalvage restore \(ShellWord(path)) \(ShellWord(core)) && \(command.line)", command.need
    )
  }

  private func command(_ report: RepairReport?, _ core: FilePath) -> DebuggerCommand {
    let path = record?.program ?? []
    if let report { return DebuggerCommand(report, core, program: path) }
    // Its daemon is at work on it: the program is still the one that crashed.
    let files =
      path.first == UInt8(ascii: "/") ? DebuggerFiles(program: FilePath(bytes: path)) : nil
    return DebuggerCommand(files: files, program: path, machine: nil, core: core)
  }
}

extension SkippedCrashes {
  /// A line for each program, safe to print.
  fileprivate var lines: [String] {
    guard count > 0 else { return [] }
    let told = programs.map { program in
      program.line(
        program.program.isEmpty
          ? "a program whose name is not known" : PrintableText(program.program).description)
    }
    return ["not captured:"] + told + (others.map { [$0.line("other programs")] } ?? [])
  }
}

extension SkippedCrashes.Reason {
  fileprivate var words: String {
    switch self {
    case .limits: "too many at a time"
    case .room: "no room"
    }
  }
}

extension SkippedCrashes.Program {
  fileprivate func line(_ name: String) -> String {
    let user = userID.map { " (user \($0))" } ?? ""
    let (from, to) = (UTCTime(microseconds: first), UTCTime(microseconds: last))
    let span =
      from.toTheSecond == to.toTheSecond
      ? "at \(from.toTheSecond)" : "from \(from.toTheSecond) to \(to.toTheSecond)"
    return "  \(count) of \(name)\(user), \(span) UTC\(reason.map { ": \($0.words)" } ?? "")"
  }
}

extension UTCTime {
  /// Date and time of day alone.
  fileprivate var toTheSecond: String {
    let text = description
    return text.firstIndex(of: ".").map { String(text[..<$0]) } ?? text
  }
}
