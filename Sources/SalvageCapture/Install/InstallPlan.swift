internal import CoreIO
public import SystemPackage

/// All that installing will do, as a value: to be shown, or done.
public struct InstallPlan: Hashable, Sendable {
  /// A step after the files are written, only ever on the machine itself.
  public enum Step: Hashable, Sendable {
    /// A call of systemctl(1), with these words.
    case systemctl([String])
    /// The kernel's settings.
    case set(pattern: String, pipeLimit: UInt32)
  }

  /// The mode that was chosen: socket or pipe.
  public let mode: InstallOptions.Mode
  /// What core_pattern will be.
  public let pattern: String
  /// The files, in the order in which they are written.
  public let files: [InstalledFile]
  /// What is done then.
  public let steps: [Step]
  /// Who else sets core_pattern there.
  public let rivals: [PatternRival]
  /// The folder for cores, which is made.
  public let store: FilePath
  let root: FilePath

  /// Where the words stand that are too long, or of a kind that a core_pattern can't hold.
  static let wordsFile: FilePath = "/etc/coresalvage/capture.conf"
  static let sysctlFile: FilePath = "/etc/sysctl.d/90-coresalvage.conf"
  static let unitFolder: FilePath = "/etc/systemd/system"
  /// What of a crash a pipe handler is told: ids of process and thread in the first namespace and in its own, signal, user,
  /// group, the kind of dump, the time.
  static let facts = "%P %p %I %i %s %u %g %d %t"
  /// More crashes at once than this have no core by a pipe; each is a process of ours with a bounded memory.
  static let pipeLimit: UInt32 = 64

  /// Where a file is written: below the root that was named.
  public func place(of file: InstalledFile) -> FilePath {
    root.pushing(FilePath(root: nil, file.path.components))
  }

  /// Decides what is to be done. Throws where that can't be: a mode that the machine doesn't have, a path that a pattern or a
  /// unit can't name.
  public init(_ options: InstallOptions, on machine: DumpMachine) throws(SalvageError) {
    root = options.root
    store = options.store
    rivals = machine.rivals
    let program = try Self.word(options.program)
    let folder = try Self.word(options.store)
    mode = try Self.mode(options, machine)
    if mode == .socket {
      pattern = "@@" + ServiceUnit.socket
      let masked = machine.rivals.compactMap(\.masked)
      files = Self.serviceFiles(program, folder, options, masked)
      steps =
        options.isForThisMachine
        ? [.systemctl(["daemon-reload"])]
          + masked.map { .systemctl(["stop", $0]) }
          + [.systemctl(["enable", ServiceUnit.name]), .systemctl(["restart", ServiceUnit.name])]
        : []
    } else {
      let words = ["--store=" + folder] + options.words
      (pattern, files) = try Self.pipe(program, words)
      steps = options.isForThisMachine ? [.set(pattern: pattern, pipeLimit: Self.pipeLimit)] : []
    }
  }

  private static func mode(
    _ options: InstallOptions, _ machine: DumpMachine
  ) throws(SalvageError) -> InstallOptions.Mode {
    let canSocket = machine.hasSockets && machine.hasSystemd
    guard options.mode == .socket, !canSocket else {
      return options.mode == .auto ? canSocket ? .socket : .pipe : options.mode
    }
    let reason =
      machine.hasSockets
      ? "is not run by systemd, which would start the daemon: start `coresalvage capture serve --set-pattern` by what does, or install with --mode pipe"
      : "has a kernel that gives no cores to sockets (core_modes; Linux 6.17 does): install with --mode pipe"
    throw SalvageError(.badOutput(reason: "this machine \(reason)"), file: options.root)
  }

  private static func serviceFiles(
    _ program: String, _ folder: String, _ options: InstallOptions, _ masked: [String]
  ) -> [InstalledFile] {
    let unit = unitFolder.appending(ServiceUnit.name)
    var files = [
      InstalledFile(
        unit,
        .text(
          ServiceUnit.text(
            program: program, store: folder, words: options.words, masked: masked))),
      InstalledFile(unitFolder.appending(ServiceUnit.sliceName), .text(ServiceUnit.slice)),
    ]
    files += masked.map { InstalledFile(unitFolder.appending($0), .link("/dev/null")) }
    if !options.isForThisMachine {
      // What systemctl enable would do.
      let wants = unitFolder.appending("multi-user.target.wants").appending(ServiceUnit.name)
      files.append(InstalledFile(wants, .link(unit)))
    }
    return files
  }

  private static func pipe(
    _ program: String, _ words: [String]
  ) throws(SalvageError) -> (pattern: String, files: [InstalledFile]) {
    // The kernel cuts at every space, and expands every %.
    guard !program.contains(where: { $0 == " " || $0 == "%" }) else {
      throw SalvageError(
        .badOutput(
          reason:
            "has a space or a % in its path, which a core_pattern can't hold: install coresalvage elsewhere"
        ),
        file: FilePath(program))
    }
    var files: [InstalledFile] = []
    var pattern = "|\(program) capture pipe \(words.joined(separator: " ")) \(facts)"
    if words.contains(where: { $0.contains { " %\t\"".contains($0) } })
      || pattern.utf8.count > DumpSettings.longestPattern
    {
      let text = ([InstalledFile.mark] + words).map { $0 + "\n" }.joined()
      files.append(InstalledFile(wordsFile, .text(text)))
      pattern = "|\(program) capture pipe-by \(wordsFile) \(facts)"
    }
    if pattern.utf8.count > DumpSettings.longestPattern {
      // The process is all that can't be done without.
      pattern = "|\(program) capture pipe-by \(wordsFile) %P"
    }
    guard pattern.utf8.count <= DumpSettings.longestPattern else {
      throw SalvageError(
        .badOutput(
          reason:
            "has so long a path that the pattern would have \(pattern.utf8.count) bytes; the kernel takes \(DumpSettings.longestPattern)"
        ),
        file: FilePath(program))
    }
    let settings = """
      \(InstalledFile.mark)
      # Later than 50-coredump.conf of systemd, which would win otherwise.
      kernel.core_pattern=\(pattern)
      # Above 0 a process waits until its core is taken; so many may do that at once.
      kernel.core_pipe_limit=\(pipeLimit)

      """
    files.append(InstalledFile(sysctlFile, .text(settings)))
    return (pattern, files)
  }

  /// The words of a file that installing wrote.
  public static func words(in path: FilePath) throws(SalvageError) -> [String] {
    guard let bytes = SmallFile.bytes(of: path), bytes.starts(with: InstalledFile.mark.utf8) else {
      throw SalvageError(
        .badOutput(reason: "is not there, or was not written by `capture install`"), file: path)
    }
    return bytes.split(separator: UInt8(ascii: "\n")).dropFirst().map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  /// A path as a word of a unit or a pattern.
  private static func word(_ path: FilePath) throws(SalvageError) -> String {
    guard path.isAbsolute, let text = String(validating: path.bytes, as: UTF8.self),
      !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f })
    else {
      throw SalvageError(
        .badOutput(reason: "must be an absolute path, of printable UTF-8"), file: path)
    }
    return text
  }
}
