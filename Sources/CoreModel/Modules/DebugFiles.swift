package import CoreIO
package import ELFCore
package import SystemPackage

/// A file of debug information that was taken out of a module, or out of several. It is known to be the one that belongs to
/// it, by its build-id or by the checksum of its bytes.
package struct DebugFile: Hashable, Sendable {
  package let path: FilePath
  package let identity: FileIdentity
  package let buildID: BuildID?
  /// The folder that stands for the root of its machine; nil for this one.
  fileprivate let root: FilePath?
  private let reader: FileReader

  fileprivate init(
    _ file: InputFile, below root: FilePath?, _ buildID: BuildID?, _ reader: FileReader
  ) {
    path = file.path
    identity = file.identity
    self.buildID = buildID
    self.root = root
    self.reader = reader
  }

  /// Opens it again. Throws where another file has its name now, or it was written to.
  package func open() throws(SalvageError) -> InputFile {
    let file = try reader.open(path, below: root)
    guard file.identity == identity else {
      throw SalvageError(
        .io(.staleNFSFileHandle, call: "read (it was changed meanwhile)"), file: path)
    }
    return file
  }
}

extension ModuleFiles {
  /// What there is of a module's debug information here.
  package struct DebugInformation: Hashable, Sendable {
    /// Whether the module's own file has it.
    package var isInModule = false
    /// The file that was taken out of it.
    package var file: DebugFile?
    /// What that file, or the module's own, shares with others.
    package var shared: DebugFile?
    /// What it shares and is not here.
    package var missingShared: BuildID?

    /// Nothing.
    package init() {}
  }

  /// Looks for the debug information of a module, at the places where debuggers do. `path` is the module's in the process.
  package func debugInformation(
    of file: ModuleFile, path: [UInt8]
  ) throws(SalvageError) -> DebugInformation {
    var result = DebugInformation()
    guard var sections = try ImageSections(file.open()) else { return result }
    result.isInModule = sections.haveDebugInformation
    if !result.isInModule {
      result.file = file.buildID.flatMap { debugFile(with: $0, but: file.identity) }
      if result.file == nil, let link = try sections.debugLink() {
        result.file = linkedFile(link.name, link.checksum, file, path)
      }
      guard let found = result.file, let its = try ImageSections(found.open()) else {
        return result
      }
      sections = its
    }
    guard let link = try sections.sharedDebugLink() else { return result }
    let folder = (result.file?.path ?? file.path).removingLastComponent()
    let root = result.file.map(\.root) ?? file.root
    result.shared =
      sharedFile(link.path, beside: folder, below: root, link.buildID)
      ?? debugFile(with: link.buildID, but: file.identity)
    if result.shared == nil { result.missingShared = link.buildID }
    return result
  }

  /// The folders that stand for the root of the core's machine; nil for this one.
  private var roots: [FilePath?] { isForeign ? sysroots : [nil] }

  private func debugFile(with buildID: BuildID, but module: FileIdentity) -> DebugFile? {
    guard let place = buildID.debugPath else { return nil }
    for root in roots {
      for tree in ["usr/lib/debug", ""] {
        if let file = check(
          (root ?? "/").pushing(FilePath(tree)).pushing(FilePath(place)), below: root, module,
          { $0 == buildID })
        {
          return file
        }
      }
    }
    return nil
  }

  private func linkedFile(
    _ name: [UInt8], _ checksum: UInt32, _ module: ModuleFile, _ path: [UInt8]
  ) -> DebugFile? {
    guard let name = FilePath.Component(name), name.kind == .regular else { return nil }
    let own = module.path.removingLastComponent()
    var folders = [(own, module.root), (own.appending(".debug"), module.root)]
    for root in roots {
      let tree = (root ?? "/").appending("usr/lib/debug")
      folders.append((place(of: path, below: tree).removingLastComponent(), root))
    }
    for (folder, root) in folders {
      guard
        let file = check(
          folder.appending(name), below: root, module.identity,
          { $0 == nil || module.buildID == nil || $0 == module.buildID }),
        let opened = try? file.open(), (try? Self.checksum(of: opened)) == checksum
      else { continue }
      return file
    }
    return nil
  }

  private func sharedFile(
    _ path: [UInt8], beside folder: FilePath, below root: FilePath?, _ buildID: BuildID
  ) -> DebugFile? {
    let named = FilePath(bytes: path)
    let places =
      named.isAbsolute
      ? roots.map { (place(of: path, below: $0 ?? "/"), $0) } : [(folder.pushing(named), root)]
    for (place, root) in places {
      if let file = check(place, below: root, nil, { $0 == buildID }) { return file }
    }
    return nil
  }

  /// The file of that name, where it is an ELF file with such a build-id, and not the module's own.
  private func check(
    _ path: FilePath, below root: FilePath?, _ module: FileIdentity?,
    _ isWanted: (BuildID?) -> Bool
  ) -> DebugFile? {
    guard let file = try? reader.open(path, below: root),
      module.map({ !$0.isSameFile(as: file.identity) }) ?? true,
      let sections = try? ImageSections(file), let buildID = try? .some(sections.buildID()),
      isWanted(buildID)
    else { return nil }
    return DebugFile(file, below: root, buildID, reader)
  }

  private static func checksum(of file: InputFile) throws(SalvageError) -> UInt32 {
    var checksum = CRC32()
    var position: UInt64 = 0
    while position < file.size {
      let bytes = try file.bytes(at: position, count: 1 << 20)
      guard !bytes.isEmpty else { throw SalvageError.becameShorter(file.path, at: position) }
      checksum.add(bytes)
      position += UInt64(bytes.count)
    }
    return checksum.value
  }
}

extension BuildID {
  /// The place below a folder where debuggers look for a file by its build-id: `.build-id/xx/yyyy`.
  package var path: String? {
    let digits = bytes.map { hexadecimal(UInt64($0), digits: 2) }
    return digits.count > 1 ? ".build-id/\(digits[0])/\(digits.dropFirst().joined())" : nil
  }

  /// The same for a file of debug information.
  package var debugPath: String? { path.map { $0 + ".debug" } }
}
