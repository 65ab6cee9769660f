internal import CoreIO
public import SystemPackage

/// What will happen to the next crash on this machine, and why.
public struct CaptureStatus: Hashable, Sendable {
  /// What is set now.
  public let settings: DumpSettings
  /// Whose that is.
  public let owner: PatternOwner
  /// What a core_pattern can be here; nil where the kernel doesn't say.
  public let modes: [String]?
  /// Whether somebody listens at the socket that the pattern names; nil where it names none.
  public let isListening: Bool?
  /// Whether the program is there that the pattern names; nil where it names none.
  public let hasProgram: Bool?
  /// What comes back when we stop; nil where nothing is remembered.
  public let previous: DumpSettings?
  /// Whether files of ours are installed.
  public let isInstalled: Bool
  /// Where cores go, by what was installed; nil where that is not told.
  public let store: FilePath?
  /// The crashes of which that store has no core; nil where there are none, or it can't be read.
  public let skipped: SkippedCrashes?
  /// Who else sets core_pattern.
  public let rivals: [PatternRival]

  /// Looks at this machine. Changes nothing, and connects to nothing.
  public init() throws(SalvageError) {
    let machine = DumpMachine()
    settings = try DumpSettings()
    let kept =
      PreviousSettings(in: PatternKeeper.usualState) ?? PreviousSettings(in: Installation.state)
    // A socket may have any name; what is remembered tells that it is ours.
    if settings.pattern.starts(with: "@@".utf8), kept?.ours.pattern == settings.pattern {
      owner = .ourSocket(FilePath(bytes: Array(settings.pattern.dropFirst(2))))
    } else {
      owner = PatternOwner(settings.pattern)
    }
    previous = kept?.previous
    modes = machine.modes
    rivals = machine.rivals
    isListening = Self.socket(settings.pattern).map { Self.isListenedAt($0) }
    hasProgram = Self.program(settings.pattern).map {
      FileIdentity(at: FilePath(bytes: $0), followingLinks: true)?.isRegular == true
    }
    store = Installation.store(settings.pattern)
    skipped = store.flatMap { try? StoreFolder(reading: $0) }
      .flatMap { CrashLimits.skipped(in: $0) }
    isInstalled = Installation.files.contains { InstalledFile.isOurs($0) }
  }

  /// Whether the next crash is captured.
  public var isActive: Bool {
    owner.isOurs && isListening != false && hasProgram != false
  }

  private static func socket(_ pattern: [UInt8]) -> [UInt8]? {
    guard pattern.first == UInt8(ascii: "@") else { return nil }
    return Array(pattern.drop { $0 == UInt8(ascii: "@") })
  }

  private static func program(_ pattern: [UInt8]) -> [UInt8]? {
    guard pattern.first == UInt8(ascii: "|") else { return nil }
    return pattern.dropFirst().split(separator: UInt8(ascii: " ")).first.map(Array.init)
  }

  /// Whether a listening socket has that path, by the kernel's table: to connect would pass for a crash.
  private static func isListenedAt(_ path: [UInt8]) -> Bool {
    guard
      let folder = try? FileDescriptor.open(
        FilePath("/proc/self/net"), .readOnly, options: .closeOnExec)
    else { return false }
    defer { try? folder.close() }
    let table = ProcFile.contents("unix", in: folder, most: 16 << 20) ?? []
    return table.split(separator: UInt8(ascii: "\n")).contains { isListener($0, at: path) }
  }

  /// `Num RefCount Protocol Flags Type St Inode Path`; flag 0x10000 is that of a listener.
  static func isListener(_ line: ArraySlice<UInt8>, at path: [UInt8]) -> Bool {
    let words = line.split(separator: UInt8(ascii: " "), maxSplits: 7)
    guard words.count == 8, words[7].elementsEqual(path),
      let flags = UInt32(String(decoding: words[3], as: UTF8.self), radix: 16)
    else { return false }
    return flags & 0x10000 != 0
  }
}
