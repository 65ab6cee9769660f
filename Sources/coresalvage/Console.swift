internal import ArgumentParser
internal import Glibc
internal import Salvage
internal import SalvageText
internal import Synchronization
internal import SystemPackage

/// What the command says, and the status that it ends with.
enum Console {
  /// Parses the arguments and runs what they ask for. Every ending of the process is here.
  static func run(_ command: any ParsableCommand.Type) -> Never {
    StandardStream.hold()
    // Past RLIMIT_FSIZE a write is to fail, not to kill us with a half-written file left behind.
    _ = signal(SIGXFSZ, SIG_IGN)
    Interruption.watch()
    do {
      var parsed = try command.parseAsRoot(LostRangeArgument.joined(ArgumentBytes.words))
      try parsed.run()
      finish(.done)
    } catch let error as SalvageError {
      Interruption.end(for: error)
      complain(error.advised)
      finish(ExitStatus(error))
    } catch let status as ExitStatus {
      finish(status)
    } catch {
      let code = command.exitCode(for: error)
      let message = ArgumentBytes.printable(command.fullMessage(for: error))
      guard code.isSuccess else {
        write(message + (message.hasSuffix("\n") ? "" : "\n"), to: .errors)
        // Whatever is neither a SalvageError nor the argument parser's is nothing that we meant to throw.
        finish(code == .validationFailure ? .usage : .bug)
      }
      print(message)
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

  /// Prints, to standard output as a rule.
  static func print(_ text: String, to stream: StandardStream = .output) {
    write(text + "\n", to: stream)
  }

  /// One line on standard error.
  static func complain(_ text: String) { write("coresalvage: \(text)\n", to: .errors) }

  /// What can't be printed doesn't end the work, which may be one of hours: it is said once, and decides the status.
  private static func write(_ text: String, to stream: StandardStream) {
    do throws(SalvageError) {
      try stream.write(text)
    } catch {
      Interruption.end(for: error)
      fail(error)
    }
  }

  private static func fail(_ error: SalvageError) {
    guard !hasFailed.exchange(true, ordering: .relaxed) else { return }
    complain(error.advised)
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
      .notAnArchive, .otherPacking, .nothingUnpacked, .emptyFile, .noArchives:
      self = .notACore
    case .damagedBlock, .memoryNotSaved: self = .damage
    case .badMapFile, .outputIsTerminal: self = .usage
    case .io, .outputExists, .outputIsInput, .badOutput, .noSharing, .tooManyBlocks, .stillWritten,
      .inUse, .unreadableForPipe, .cancelled:
      self = .system
    }
  }
}
