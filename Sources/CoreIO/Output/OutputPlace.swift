internal import CLinux
internal import Glibc
public import SystemPackage

/// Where an output goes, by the name that the user gave it: a file that appears whole or not at all, or a stream that is
/// written and never replaced.
public struct OutputPlace: Hashable, Sendable {
  /// As it was named.
  public let path: FilePath
  /// The descriptor that it names; nil for a name in a folder.
  private let descriptor: Int32?
  /// Whether it is written as it comes: standard output, an open descriptor, a FIFO.
  public let isStream: Bool

  /// The name `-`, which stands for standard output, and for standard input where an input is named.
  public static let standard: FilePath = "-"

  /// Looks at the name, and opens nothing. To be called before anything else is opened: a descriptor's number may be
  /// given to another file later. Throws where a descriptor is named that is not open for writing.
  public init(_ path: FilePath) throws(SalvageError) {
    self.path = path
    descriptor = Self.descriptor(named: path)
    guard let descriptor else {
      isStream = FileIdentity(at: path, followingLinks: true)?.isFIFO ?? false
      return
    }
    isStream = true
    let flags = fcntl(descriptor, F_GETFL)
    guard flags >= 0, flags & O_ACCMODE != O_RDONLY, !linux_is_path_only(descriptor) else {
      throw SalvageError(
        .badOutput(reason: "is not open for writing"), file: Self.name(path, descriptor))
    }
  }

  /// The number in `/dev/fd/N` and the like. Opened anew, a file would be written from its beginning, and a socket could
  /// not be opened at all.
  private static func descriptor(named path: FilePath) -> Int32? {
    switch path.lexicallyNormalized() {
    case standard, "/dev/stdout": return STDOUT_FILENO
    case "/dev/stderr": return STDERR_FILENO
    case let path:
      let folder = path.removingLastComponent()
      guard ["/dev/fd", "/proc/self/fd", "/proc/thread-self/fd"].contains(folder),
        let digits = path.lastComponent?.bytes, digits.allSatisfy({ (0x30...0x39).contains($0) })
      else { return nil }
      return Int32(String(decoding: digits, as: UTF8.self))
    }
  }

  private static func name(_ path: FilePath, _ descriptor: Int32?) -> FilePath {
    path == standard || descriptor == STDOUT_FILENO ? "standard output" : path
  }

  /// What messages call it.
  public var name: FilePath { Self.name(path, descriptor) }

  /// Whether what goes there and what is printed would be mixed.
  public var isStandardOutput: Bool {
    guard isStream, descriptor != STDOUT_FILENO else { return isStream }
    guard let output = try? FileIdentity(of: .standardOutput, path: "standard output"),
      !output.isCharacterDevice, let own = identity
    else { return false }
    return own.isSameFile(as: output)
  }

  private var identity: FileIdentity? {
    guard let descriptor else { return FileIdentity(at: path, followingLinks: true) }
    return try? FileIdentity(of: FileDescriptor(rawValue: descriptor), path: path)
  }

  /// Whether both are the same place, as far as their names and what stands there tell.
  public func isSame(as other: OutputPlace) -> Bool {
    if path.lexicallyNormalized() == other.path.lexicallyNormalized() { return true }
    if isStandardOutput && other.isStandardOutput { return true }
    guard let own = identity, let others = other.identity, !own.isCharacterDevice else {
      return false
    }
    return own.isSameFile(as: others)
  }

  /// Throws for a terminal: what comes from a core is not to reach one raw.
  public func refuseTerminal() throws(SalvageError) {
    if let descriptor, isatty(descriptor) == 1 {
      throw SalvageError(.outputIsTerminal, file: name)
    }
  }

  /// Opens the stream. A FIFO waits here for its reader. Refuses a file of the inputs that it would be appended to.
  package func stream(sparing inputs: InputSet) throws(SalvageError) -> OutputStream {
    let opened =
      if let descriptor { FileDescriptor(rawValue: descriptor) } else { try Self.open(path) }
    return try OutputStream(opened, sparing: inputs, name: name, closing: descriptor == nil)
  }

  /// With O_CREAT, though it is there: only then does the kernel keep us from a FIFO that somebody else has put into a
  /// folder for all (`fs.protected_fifos`).
  private static func open(_ path: FilePath) throws(SalvageError) -> FileDescriptor {
    let opened: FileDescriptor
    do {
      opened = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .closeOnExec], permissions: .ownerReadWrite)
    } catch {
      throw SalvageError(.io(errno(of: error), call: "open for writing"), file: path)
    }
    do throws(SalvageError) {
      guard try FileIdentity(of: opened, path: path).isFIFO else {
        throw SalvageError(.badOutput(reason: "is no FIFO any more"), file: path)
      }
    } catch {
      try? opened.close()
      throw error
    }
    return opened
  }

  /// Writes a small text there, whole: a page, a script. `access` is the file whose readers may read it.
  package func write(
    _ bytes: [UInt8], sparing inputs: InputSet, replacing: Bool, access: FileAccess? = nil
  ) throws(SalvageError) {
    guard !isStream else { return try stream(sparing: inputs).write(bytes) }
    let output = try OutputFile(path, sparing: inputs, replacing: replacing)
    try output.write(bytes, at: 0)
    if let access { output.takeAccess(of: access) }
    try output.publish()
  }

  /// Whether a regular file is there, and no link to one, that begins so: what we made, and may make anew.
  package func holdsFile(beginning bytes: [UInt8]) -> Bool {
    guard !isStream, FileIdentity(at: path, followingLinks: false)?.isRegular == true,
      let file = try? InputFile(path), file.size >= UInt64(bytes.count)
    else { return false }
    return (try? file.bytes(at: 0, count: bytes.count)) == bytes
  }

  /// Why an output of this input would be refused there, as far as that can be told without writing anything: it is there
  /// already, or its folder isn't. nil where nothing is known against it.
  public func obstacle(for input: FilePath, replacing: Bool) -> SalvageError? {
    guard !isStream else { return nil }
    let inputs = InputSet(FileIdentity(at: input, followingLinks: true))
    do throws(SalvageError) {
      try OutputFile.foresee(path, sparing: inputs, replacing: replacing)
      return nil
    } catch {
      return error
    }
  }

  /// Throws where the place can't be written to, as far as that can be told beforehand.
  package func check(sparing inputs: InputSet, replacing: Bool) throws(SalvageError) {
    guard isStream else { return try OutputFile.check(path, sparing: inputs, replacing: replacing) }
    if let identity, inputs.contains(identity) {
      throw SalvageError(.outputIsInput, file: name)
    }
  }
}

extension FileIdentity {
  package var isCharacterDevice: Bool { mode & S_IFMT == S_IFCHR }
  fileprivate var isFIFO: Bool { mode & S_IFMT == S_IFIFO }
}
