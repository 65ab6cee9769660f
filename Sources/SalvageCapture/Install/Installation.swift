internal import CoreIO
internal import Glibc
public import SystemPackage

/// Doing what an `InstallPlan` says, and taking it back.
public enum Installation {
  /// Where what was set before is remembered for a pipe, which stays over reboots.
  static let state: FilePath = "/var/lib/coresalvage"

  /// The files that are ours by their first line, if they are there.
  static let files = [
    InstallPlan.unitFolder.appending(ServiceUnit.name),
    InstallPlan.unitFolder.appending(ServiceUnit.sliceName), InstallPlan.sysctlFile,
    InstallPlan.wordsFile,
  ]

  /// Does it: the store and the files first, then the steps.
  ///
  /// `log` gets a line for each thing that was done; safe to print.
  public static func apply(
    _ plan: InstallPlan, log: (String) -> Void
  ) throws(SalvageError) {
    // Of another mode, or of other options: what that one remembers must not be taken for ours, and both must not be there.
    let planned = Set(plan.files.map(\.path))
    if files.contains(where: { !planned.contains($0) && InstalledFile.isOurs(place($0, plan.root)) }
    ) {
      _ = try remove(below: plan.root, log: log)
    }
    let store = plan.root.pushing(FilePath(root: nil, plan.store.components))
    try StateFolder.makeAll(store)
    for file in plan.files {
      try file.write(below: plan.root)
      log("wrote \(PrintableText(plan.place(of: file)))")
    }
    for step in plan.steps {
      try apply(step)
      log(step.words)
    }
  }

  private static func apply(_ step: InstallPlan.Step) throws(SalvageError) {
    switch step {
    case .systemctl(let words): try systemctl(words)
    case .set(let pattern, let limit):
      try StateFolder.makeAll(state)
      // Nobody watches over a pipe: it is the kernel that starts it.
      _ = try PatternKeeper.take(
        pattern: pattern, pipeLimit: limit, state: state, kernel: DumpSettings.folder,
        isWatched: false, isLasting: true)
    }
  }

  /// Takes back what was installed: our own files, known by their first line, and the settings. The cores stay.
  ///
  /// `log` gets a line for each thing that was done; safe to print. With `isRehearsal` all is only told, and nothing changed.
  /// - Returns: whether there was anything.
  public static func remove(
    below root: FilePath = "/", isRehearsal: Bool = false, log: (String) -> Void
  ) throws(SalvageError) -> Bool {
    let unit = place(InstallPlan.unitFolder.appending(ServiceUnit.name), root)
    let isOurs = InstalledFile.isOurs(unit)
    let masked = isOurs ? maskedUnits(unit) : []
    let isThisMachine = root == "/"
    var hasDone = false
    if isThisMachine, isOurs, DumpMachine(root: root).hasSystemd {
      // At its stop it gives the settings back.
      if !isRehearsal { try systemctl(["disable", "--now", ServiceUnit.name]) }
      log(
        isRehearsal
          ? "would stop \(ServiceUnit.name), which then sets kernel.core_pattern as it was before"
          : "stopped \(ServiceUnit.name), once it had finished what was under way")
    }
    let wants = InstallPlan.unitFolder.appending("multi-user.target.wants")
      .appending(ServiceUnit.name)
    func remove(_ file: FilePath) throws(SalvageError) {
      if !isRehearsal { try unlink(place(file, root)) }
      log("\(isRehearsal ? "would remove" : "removed") \(PrintableText(place(file, root)))")
    }
    var links = [wants]
    links += masked.map { InstallPlan.unitFolder.appending($0) }
    for link in links where isOurs {
      guard let target = InstalledFile.target(place(link, root)),
        target == "/dev/null" || link == wants
      else { continue }
      try remove(link)
    }
    // The settings first: without the file of words, a pipe that is still set could do nothing.
    if isThisMachine, let restored = try restore(isRehearsal: isRehearsal) {
      let verb = isRehearsal ? "would be" : "is"
      let pattern = restored.isEmpty ? "empty" : PrintableText(restored).description
      log("kernel.core_pattern \(verb) \(pattern) again")
      hasDone = true
    }
    for file in files where InstalledFile.isOurs(place(file, root)) {
      try remove(file)
      hasDone = true
    }
    guard !isRehearsal else { return hasDone }
    // A folder that is ours alone; it stays where somebody put something there.
    _ = unsafe place(InstallPlan.wordsFile.removingLastComponent(), root).withPlatformString {
      unsafe rmdir($0)
    }
    if isThisMachine, isOurs, DumpMachine(root: root).hasSystemd {
      try systemctl(["daemon-reload"])
      for unit in masked { try systemctl(["start", unit]) }
    }
    return hasDone
  }

  /// The pattern that is set now, where it was ours.
  private static func restore(isRehearsal: Bool) throws(SalvageError) -> [UInt8]? {
    for folder in [PatternKeeper.usualState, state] {
      let restored = try PatternKeeper.restore(
        state: folder, kernel: DumpSettings.folder, owner: nil, evenIfLasting: true,
        isRehearsal: isRehearsal)
      if let restored { return restored.pattern }
    }
    // After a reboot nothing is remembered of a socket, and nothing need be.
    guard let current = try? DumpSettings(), PatternOwner(current.pattern) == .ourPipe else {
      return nil
    }
    var settings = DumpSettings.original
    let others = PatternRival.all(below: "/").last { $0.masked == nil }
    if let pattern = others.flatMap({ PatternRival.pattern(in: $0.file) }) {
      settings = DumpSettings(pattern: pattern, pipeLimit: current.pipeLimit)
    }
    if !isRehearsal { try settings.set() }
    return settings.pattern
  }

  /// The store that our unit, our pattern or its file of words names.
  static func store(_ pattern: [UInt8]) -> FilePath? {
    let unit = files[0]
    if PatternOwner(pattern) != .ourPipe, InstalledFile.isOurs(unit) {
      let lines = (SmallFile.bytes(of: unit) ?? []).split(separator: UInt8(ascii: "\n"))
      let mark = "RequiresMountsFor="
      let line = lines.first { $0.starts(with: mark.utf8) }
      return line.map {
        FilePath(SystemdWord.plain(String(decoding: $0.dropFirst(mark.utf8.count), as: UTF8.self)))
      }
    }
    var words = String(decoding: pattern, as: UTF8.self).split(separator: " ").map(String.init)
    words += (try? InstallPlan.words(in: InstallPlan.wordsFile)) ?? []
    return words.first { $0.hasPrefix("--store=") }.map { FilePath(String($0.dropFirst(8))) }
  }

  private static func place(_ path: FilePath, _ root: FilePath) -> FilePath {
    root.pushing(FilePath(root: nil, path.components))
  }

  /// What our unit says it has masked.
  private static func maskedUnits(_ unit: FilePath) -> [String] {
    let lines = (SmallFile.bytes(of: unit) ?? []).split(separator: UInt8(ascii: "\n"))
    return lines.compactMap { line in
      let text = String(decoding: line, as: UTF8.self)
      guard text.hasPrefix("# masked: ") else { return nil }
      let name = text.dropFirst("# masked: ".count)
      return name.contains("/") ? nil : String(name)
    }
  }

  private static func unlink(_ path: FilePath) throws(SalvageError) {
    guard unsafe path.withPlatformString({ unsafe Glibc.unlink($0) }) == 0 else {
      throw SalvageError(.io(Errno(rawValue: Glibc.errno), call: "remove"), file: path)
    }
  }

  private static func systemctl(_ words: [String]) throws(SalvageError) {
    let programs: [FilePath] = ["/usr/bin/systemctl", "/bin/systemctl"]
    guard let program = programs.first(where: { FileIdentity(at: $0, followingLinks: true) != nil })
    else {
      throw SalvageError(.io(.noSuchFileOrDirectory, call: "start"), file: programs[0])
    }
    guard ChildProcess.wait(for: try ChildProcess.start(program, words)) == 0 else {
      throw SalvageError(
        .badOutput(reason: "`systemctl \(words.joined(separator: " "))` failed"), file: program)
    }
  }
}

extension InstallPlan.Step {
  /// What it does, on one line.
  public var words: String {
    switch self {
    case .systemctl(let words): "systemctl " + words.joined(separator: " ")
    case .set(let pattern, let limit):
      "kernel.core_pattern=\(pattern), kernel.core_pipe_limit=\(limit)"
    }
  }
}
