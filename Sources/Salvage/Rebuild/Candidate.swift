internal import ELFCore

/// A mapped file before it is known which file here it is.
struct Candidate {
  /// As the kernel named it.
  let path: [UInt8]
  /// Its headers, where they survived.
  let inCore: ImageHeaders?
  /// What survived of its first page.
  let beginning: [UInt8]
  var isProgram = false

  private static let deletedMark = Array(" (deleted)".utf8)

  init(path: [UInt8], inCore: ImageHeaders?, beginning: [UInt8]) {
    self.path = path
    self.inCore = inCore
    self.beginning = beginning
  }

  /// Whether the file was gone, or replaced, when the process died.
  var isDeleted: Bool { path.reversed().starts(with: Self.deletedMark.reversed()) }

  var plainPath: [UInt8] { isDeleted ? Array(path.dropLast(Self.deletedMark.count)) : path }

  func file(_ files: inout ModuleFiles) -> Result<ModuleFile, ModuleFiles.Absence> {
    if isProgram, let named = files.namedProgram() { return named }
    return files.file(named: plainPath)
  }

  /// The file whose beginning is what survived, if there is one.
  func verify(_ files: inout ModuleFiles) -> (ModuleFile?, ModuleVerdict) {
    let result = file(&files)
    if case .success(let file) = result, let verification = verification(of: file) {
      return (file, ModuleVerdict(verification))
    }
    if let buildID, let file = files.file(with: buildID), verification(of: file) != nil {
      return (file, ModuleVerdict(.buildID, "found by its build-id"))
    }
    return (nil, ModuleVerdict(.core, words(for: result)))
  }

  /// The build-id as it survived.
  private var buildID: BuildID? {
    guard let inCore else { return nil }
    for note in inCore.programHeaders where note.kind == .note {
      guard let start = Int(exactly: note.fileOffset), start < beginning.count else { continue }
      let bytes = beginning[start...].prefix(Int(min(note.fileSize, 1 << 16)))
      if let id = BuildID(notes: Array(bytes).span, alignment: note.alignment, in: inCore.format) {
        return id
      }
    }
    return nil
  }

  private func verification(of file: ModuleFile) -> ModuleVerdict.Verification? {
    // A separate debug file has the build-id too, and not the bytes.
    guard file.firstBytes.starts(with: beginning.prefix(file.firstBytes.count)) else { return nil }
    return buildID == nil ? .headerPage : file.buildID == buildID ? .buildID : nil
  }

  func words(for result: Result<ModuleFile, ModuleFiles.Absence>) -> String {
    switch result {
    case .success: isDeleted ? "deleted and replaced" : "replaced: the file here is another"
    case .failure(.missing): isDeleted ? "deleted" : "no such file here"
    case .failure(.unreadable(let errno)): "can't be read: \(errno)"
    case .failure(.notRegular): "no regular file"
    case .failure(.notELF): "no ELF file here"
    }
  }
}
