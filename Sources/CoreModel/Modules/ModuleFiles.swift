package import CoreIO
package import ELFCore
internal import Glibc
package import SystemPackage

/// Finds the files that a core's names stand for: here, or below the folders that stand for the core's machine.
package struct ModuleFiles {
  /// Why there is none.
  package enum Absence: Error, Hashable, Sendable {
    case missing
    /// There is none that the core's owner may read. Whether there is one, and what it is, is not told.
    case hidden
    case unreadable(Errno)
    /// A directory, a FIFO, a device, a file of the kernel's.
    case notRegular
    case notELF
  }

  package let sysroots: [FilePath]
  private let program: FilePath?
  let reader: FileReader
  /// When the core was last written to, in nanoseconds; nil where that is not known.
  package let coreWritten: Int64?
  private var known: [PathKey: Result<ModuleFile, Absence>] = [:]

  /// `program` stands for the program whatever its name was; `core` is the core's file, where it is one; `process` is
  /// what it tells of its owner.
  package init(
    sysroots: [FilePath] = [], program: FilePath? = nil, core: FileIdentity?, process: ProcessInfo?
  ) {
    self.sysroots = sysroots
    self.program = program
    // The ids of another machine are nobody's here.
    reader = FileReader(
      for: core, of: sysroots.isEmpty ? process.map { ($0.userID, $0.groupID) } : nil)
    // A file of 1970 comes from an archive that keeps no times.
    coreWritten = core.flatMap { $0.modified > 0 ? $0.modified : nil }
  }

  /// The file that `--program` names; nil where the option was not given.
  package func namedProgram() -> Result<ModuleFile, Absence>? {
    program.map { load($0) }
  }

  /// How words call the file that stands for the program.
  var programSubject: FileSubject { program.map { .named($0) } ?? .here }

  /// Whether the option was given.
  package var hasProgram: Bool { program != nil }

  /// The name of that file, raw.
  package var programName: [UInt8]? { program.map { PrintableText.bytes(of: $0) } }

  /// Whether a core of another machine is meant, whose files are not those here.
  package var isForeign: Bool { !sysroots.isEmpty }

  /// What is opened by a path as it is, whatever stands for the root of the core's machine; nil where that is nothing.
  func openedHere(_ path: FilePath) -> ModuleFile? { try? load(path).get() }

  func place(of name: [UInt8], below sysroot: FilePath) -> FilePath {
    sysroot.pushing(FilePath(bytes: name).removingRoot())
  }

  /// How many names were looked for.
  package var lookUps: Int { known.count }

  /// The file of that name.
  package mutating func file(named name: [UInt8]) -> Result<ModuleFile, Absence> {
    if let result = known[PathKey(name)] { return result }
    let result = find(name)
    known[PathKey(name)] = result
    return result
  }

  private func find(_ name: [UInt8]) -> Result<ModuleFile, Absence> {
    // Not a path: `//anon`, `anon_inode:[io_uring]`, `/memfd:x (deleted)` are no files either, and don't exist.
    guard name.first == UInt8(ascii: "/"), !name.contains(0) else { return .failure(.missing) }
    guard isForeign else {
      return isMissing(name) ? .failure(.missing) : load(FilePath(bytes: name))
    }
    var result = Result<ModuleFile, Absence>.failure(.missing)
    for sysroot in sysroots {
      result = load(place(of: name, below: sysroot), below: sysroot)
      switch result {
      case .failure(.missing), .failure(.hidden): continue
      default: return result
      }
    }
    return result
  }

  /// Of a core from another machine hardly any file is here: a look costs less than an attempt that fails. Never said where
  /// another's rights count.
  private func isMissing(_ name: [UInt8]) -> Bool {
    guard !reader.isForAnother else { return false }
    return unsafe (name + [0]).withUnsafeBytes { bytes in
      let path = unsafe bytes.assumingMemoryBound(to: CChar.self).baseAddress
      return unsafe path.map { unsafe access($0, F_OK) != 0 && errno == ENOENT } ?? false
    }
  }

  /// The file that has the build-id, from the `.build-id` trees of the folders.
  package mutating func file(with buildID: BuildID) -> ModuleFile? {
    let digits = buildID.bytes.map { hexadecimal(UInt64($0), digits: 2) }
    guard isForeign, digits.count > 1 else { return nil }
    let rest = digits.dropFirst().joined()
    for sysroot in sysroots {
      for tree in [".build-id", "usr/lib/debug/.build-id", "usr/lib/.build-id"] {
        for suffix in ["", ".debug"] {
          let path = sysroot.appending("\(tree)/\(digits[0])/\(rest)\(suffix)")
          if case .success(let file) = load(path, below: sysroot), file.buildID == buildID {
            return file
          }
        }
      }
    }
    return nil
  }

  private func load(
    _ path: FilePath, below root: FilePath? = nil
  ) -> Result<ModuleFile, Absence> {
    if let file = ModuleCache.file(path, below: root, reader) { return .success(file) }
    do throws(SalvageError) {
      let opened = try reader.open(path, below: root)
      guard let file = try ModuleFile(opened, below: root, reader: reader) else {
        return .failure(.notELF)
      }
      ModuleCache.keep(file, path, reader)
      return .success(file)
    } catch {
      guard !reader.isForAnother else { return .failure(.hidden) }
      guard case .io(let errno, _) = error.kind else { return .failure(.notRegular) }
      switch errno {
      case .noSuchFileOrDirectory, .notDirectory, .fileNameTooLong: return .failure(.missing)
      case .invalidArgument: return .failure(.notRegular)
      default: return .failure(.unreadable(errno))
      }
    }
  }
}
