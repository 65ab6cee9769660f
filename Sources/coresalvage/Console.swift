internal import ArgumentParser
internal import Glibc
internal import Salvage

/// What the command says, and the status that it ends with.
enum Console {
  /// Parses the arguments and runs what they ask for. Every ending of the process is here.
  static func run(_ command: any ParsableCommand.Type) -> Never {
    // Past RLIMIT_FSIZE a write is to fail, not to kill us with a half-written file left behind.
    _ = signal(SIGXFSZ, SIG_IGN)
    do {
      var parsed = try command.parseAsRoot()
      try parsed.run()
      finish(.done)
    } catch let error as SalvageError {
      complain(error.description)
      finish(ExitStatus(error))
    } catch let status as ExitStatus {
      finish(status)
    } catch {
      let code = command.exitCode(for: error)
      let message = command.fullMessage(for: error)
      guard code.isSuccess else {
        write(message + (message.hasSuffix("\n") ? "" : "\n"), to: STDERR_FILENO)
        // Whatever is neither a SalvageError nor the argument parser's is nothing that we meant to throw.
        finish(code == .validationFailure ? .usage : .bug)
      }
      print(message)
      finish(.done)
    }
  }

  private static func finish(_ status: ExitStatus) -> Never { exit(status.rawValue) }

  /// Prints to standard output.
  static func print(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

  /// Prints to standard error what is no complaint.
  static func note(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

  /// One line on standard error.
  static func complain(_ text: String) { write("coresalvage: \(text)\n", to: STDERR_FILENO) }

  /// Bytes to standard output, as they are.
  static func write(_ bytes: [UInt8]) { write(bytes[...], to: STDOUT_FILENO) }

  private static func write(_ text: String, to descriptor: Int32) {
    write(Array(text.utf8)[...], to: descriptor)
  }

  private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) {
    var bytes = bytes
    while !bytes.isEmpty {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0 && errno == EINTR { continue }
      // Whoever was to read is gone, or its disk is full: a report that nobody got is no success.
      guard count > 0 else { finish(.system) }
      bytes = bytes.dropFirst(count)
    }
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
    case .notACore, .beyondRepair, .notInPlace, .notAnArchive: self = .notACore
    case .damagedBlock, .memoryNotSaved: self = .damage
    case .badMapFile: self = .usage
    case .io, .outputExists, .outputIsInput, .badOutput, .stillWritten, .inUse,
      .unreadableForPipe:
      self = .system
    }
  }
}
