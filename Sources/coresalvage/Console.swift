internal import ArgumentParser
internal import Glibc
internal import Salvage
internal import SalvageText
internal import Synchronization
internal import SystemPackage

/// What the command says, and the status that it ends with.
enum Console {
  /// Parses the arguments and runs what they ask for. Every ending of the process is here.
  static func run(_ command: Coresalvage.Type) -> Never {
    StandardStream.hold()
    // Past RLIMIT_FSIZE a write is to fail, not to kill us with a half-written file left behind.
    _ = signal(SIGXFSZ, SIG_IGN)
    let words = ArgumentBytes.words
    // The parser would take three times as long to find that out, and nothing is begun that a signal would have to end.
    if words == ["--version"] {
      print(SalvageVersion.tool)
      finish(.done)
    }
    Interruption.watch()
    do {
      if words.first == "help", let wrong = UsageAdvice(words).helpText {
        throw ValidationError(wrong)
      }
      if let script = try CompletionScript(asked: words) {
        print(script.text)
        finish(.done)
      }
      var parsed = try command.parsed(LostRangeArgument.joined(words))
      try parsed.run()
      finish(.done)
    } catch let error as SalvageError {
      Interruption.end(for: error)
      guard let advice = UsageAdvice(words).text(for: error) else {
        finish(tell(error, isJSON: wantsJSON(words)))
      }
      finish(tell(advice, .usage, isJSON: wantsJSON(words)))
    } catch let status as ExitStatus {
      finish(status)
    } catch {
      let code = command.exitCode(for: error)
      guard code.isSuccess else {
        // Whatever is neither a SalvageError nor the argument parser's is nothing that we meant to throw.
        finish(
          tellUsage(command, error, words, code == .validationFailure ? .usage : .bug))
      }
      print(ArgumentBytes.printable(command.fullMessage(for: error)))
      finish(.done)
    }
  }

  /// Whether something could not be printed: a report that nobody got is no success.
  private static let hasFailed = Atomic<Bool>(false)

  private static func finish(_ status: ExitStatus) -> Never {
    // A file on a network or under a quota may tell only now that it has no room.
    if close(STDOUT_FILENO) != 0, errno != EBADF, !hasFailed.load(ordering: .relaxed) {
      fail(SalvageError(.io(Errno(rawValue: errno), call: "close"), file: "standard output"))
    }
    exit((hasFailed.load(ordering: .relaxed) ? status.worse(.system) : status).rawValue)
  }

  /// Prints, to standard output as a rule; on a terminal with lines that it has room for.
  static func print(_ text: String, to stream: StandardStream = .output) {
    write(fitted(text, stream) + "\n", to: stream)
  }

  /// Prints lines as they are made: a hundred thousand of them are nowhere as a whole.
  static func print(_ lines: some Sequence<String>, to stream: StandardStream = .output) {
    var part: [String] = []
    for line in lines {
      part.append(line)
      guard part.count == 1024 else { continue }
      print(part.joined(separator: "\n"), to: stream)
      part.removeAll(keepingCapacity: true)
    }
    if !part.isEmpty { print(part.joined(separator: "\n"), to: stream) }
  }

  private static func fitted(_ text: String, _ stream: StandardStream) -> String {
    let descriptor = stream == .output ? STDOUT_FILENO : STDERR_FILENO
    guard let width = Terminal.width(of: descriptor) else { return text }
    return LineBreaks.fitted(text, width: width)
  }

  /// Prints an object, which tells of what is wrong with its input, too.
  static func report(_ json: JSONValue, to stream: StandardStream = .output) {
    work.withLock { $0.hasReport = true }
    write { () throws(SalvageError) in try stream.write(json) }
  }

  /// One line on standard error.
  static func complain(_ text: String) { print("coresalvage: \(text)", to: .errors) }

  /// What can't be printed doesn't end the work, which may be one of hours: it is said once, and decides the status.
  private static func write(_ text: String, to stream: StandardStream) {
    write { () throws(SalvageError) in try stream.write(text) }
  }

  private static func write(_ work: () throws(SalvageError) -> Void) {
    do throws(SalvageError) {
      try work()
    } catch {
      Interruption.end(for: error)
      fail(error)
    }
  }

  private static func fail(_ error: SalvageError) {
    guard !hasFailed.exchange(true, ordering: .relaxed) else { return }
    let written = work.withLock { $0.written }
    let rest = written.map { "; only the report is lacking, \(PrintableText($0)) is written" } ?? ""
    complain(error.advised + rest)
  }

  // MARK: Failures

  /// What a failure is told of where a command has one input.
  private struct Work {
    var input: FilePath?
    /// Where JSON goes.
    var channel = StandardStream.output
    /// Whether an object has told of the input already, and of what is wrong with it.
    var hasReport = false
    /// The output, once all of it is in its place; nil where that is standard output.
    var written: FilePath?
  }

  private static let work = Mutex(Work())

  /// To be called before anything is opened: what the command is at work on, and whether standard output takes what it makes.
  static func begin(with input: FilePath?, to place: OutputPlace? = nil) {
    work.withLock {
      $0.input = input
      $0.channel = place?.isStandardOutput ?? false ? .errors : .output
    }
  }

  /// To be called once the output is there: a report that can't be printed doesn't take it away.
  static func hasWritten(_ place: OutputPlace) {
    guard !place.isStandardOutput else { return }
    work.withLock { $0.written = place.name }
  }

  private static func wantsJSON(_ words: [String]) -> Bool {
    words.prefix { $0 != "--" }.contains("--json")
  }

  /// Says that one of several inputs failed, and gives the status that this is worth.
  static func tell(_ error: SalvageError, of input: FilePath, isJSON: Bool) -> ExitStatus {
    let status = ExitStatus(error)
    if isJSON { report(failure(error.advised, input, status)) }
    complain(error.advised)
    return status
  }

  private static func tell(_ error: SalvageError, isJSON: Bool) -> ExitStatus {
    tell(error.advised, ExitStatus(error), isJSON: isJSON)
  }

  /// Says what went wrong, and gives the status that this is worth. JSON has it too, unless an object has told of it already;
  /// what `isOfAll` says no other object does.
  static func tell(
    _ text: String, _ status: ExitStatus, isJSON: Bool, isOfAll: Bool = false
  ) -> ExitStatus {
    let work = work.withLock { $0 }
    if isJSON, !work.hasReport || isOfAll {
      report(failure(text, work.input, status), to: work.channel)
    }
    complain(text)
    return status
  }

  /// What is wrong with the command line, then how the command is used.
  private static func tellUsage(
    _ command: any ParsableCommand.Type, _ error: any Error, _ words: [String], _ status: ExitStatus
  ) -> ExitStatus {
    let message = command.message(for: error)
    let advice = status == .usage ? UsageAdvice(words).text : nil
    let text = ArgumentBytes.printable(advice ?? ValueForm.explained(message))
    _ = tell(text, status, isJSON: wantsJSON(words))
    let full = command.fullMessage(for: error)
    let first = "Error: \(message)\n"
    guard full.hasPrefix(first) else { return status }
    var rest = full.dropFirst(first.count)
    // What it says of an argument belongs to its own words.
    if advice != nil, rest.hasPrefix("Help:"), let end = rest.firstIndex(of: "\n") {
      rest = rest[rest.index(after: end)...]
    }
    if !rest.isEmpty {
      write(ArgumentBytes.printable(rest + (rest.hasSuffix("\n") ? "" : "\n")), to: .errors)
    }
    return status
  }

  private static func failure(
    _ text: String, _ input: FilePath?, _ status: ExitStatus
  ) -> JSONValue {
    .members([
      "tool": .string(SalvageVersion.tool),
      "input": input.map { .string(PrintableText($0).description) } ?? .null,
      "error": .string(text),
      "status": .number(UInt64(status.rawValue)),
    ])
  }
}

/// The statuses that the process ends with: see EXIT STATUS in coresalvage(1).
enum ExitStatus: Int32, Error {
  case done = 0
  case damage = 1
  case notACore = 2
  case system = 3
  case usage = 64
  case bug = 70

  /// Of several files, the status that says most: the system's no, no core, damage, done.
  func worse(_ other: ExitStatus) -> ExitStatus { rawValue < other.rawValue ? other : self }

  init(_ error: SalvageError) {
    switch error.kind {
    case .notACore, .beyondRepair, .notInPlace, .mendingInPlace, .paddingInPlace, .undoInterrupted,
      .longerThanRepaired, .notAnArchive, .otherPacking, .otherDump, .nothingUnpacked, .emptyFile,
      .noArchives:
      self = .notACore
    case .damagedBlock, .memoryNotSaved: self = .damage
    case .badMapFile, .outputIsTerminal: self = .usage
    case .io, .outputExists, .outputIsInput, .badOutput, .noSharing, .tooManyBlocks,
      .tooLargeForArchive, .stillWritten, .inUse, .unreadableForPipe, .cancelled:
      self = .system
    }
  }
}
