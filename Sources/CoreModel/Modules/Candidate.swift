package import ELFCore

/// A mapped file as the core has it, before it is known which file here it is.
package struct Candidate {
  /// As the kernel named it.
  let path: [UInt8]
  /// What survived of its first page.
  let beginning: [UInt8]
  /// Its headers, where they survived.
  package let inCore: ImageHeaders?
  /// nil where it has none, or none survived.
  let buildID: BuildID?
  var isProgram = false

  private static let deletedMark = Array(" (deleted)".utf8)

  /// What lies at an address, of which `beginning` survived.
  init(_ path: [UInt8], at base: UInt64, _ beginning: [UInt8], in memory: borrowing CoreMemory) {
    self.path = path
    self.beginning = beginning
    inCore = ImageHeaders(beginning.span)
    buildID =
      if let inCore {
        memory.buildID(of: inCore, bias: base &- inCore.firstAddress)
      } else {
        nil
      }
  }

  /// The same for those who only look.
  package init(_ path: [UInt8], at base: UInt64, in memory: borrowing CoreMemory) {
    let beginning = memory.readable(at: base, count: ImageHeaders.readableSize)
    self.init(path, at: base, beginning, in: memory)
  }

  /// Whether the file was gone, or replaced, when the process died.
  var isDeleted: Bool { Self.isDeleted(path) }

  var plainPath: [UInt8] { Self.plainPath(path) }

  private static func isDeleted(_ path: [UInt8]) -> Bool {
    path.suffix(deletedMark.count) == deletedMark[...]
  }

  /// The path without the word that the kernel adds for a deleted file.
  package static func plainPath(_ path: [UInt8]) -> [UInt8] {
    isDeleted(path) ? Array(path.dropLast(deletedMark.count)) : path
  }

  package func file(_ files: inout ModuleFiles) -> Result<ModuleFile, ModuleFiles.Absence> {
    if isProgram, let named = files.namedProgram() { return named }
    return files.file(named: plainPath)
  }

  /// How words call what `file(_:)` looks for.
  func subject(_ files: ModuleFiles) -> FileSubject {
    isProgram ? files.programSubject : .here
  }

  /// The file whose beginning is what survived, if there is one. Where a part of that is damage, the layout is all that
  /// is known.
  func verify(_ files: inout ModuleFiles) -> (ModuleFile?, ModuleVerdict) {
    let result = file(&files)
    if case .success(let file) = result, let verdict = verdict(on: file) { return (file, verdict) }
    if let buildID, let file = files.file(with: buildID),
      let verdict = verdict(on: file), verdict.verification == .buildID
    {
      return (file, ModuleVerdict(.buildID, "found by its build-id"))
    }
    return (nil, ModuleVerdict(.core, words(for: result, files)))
  }

  /// nil where the file is another.
  package func verdict(on file: ModuleFile) -> ModuleVerdict? {
    let page = comparison(with: file)
    let damage = page.isSame ? "" : "its header page in the core is damaged"
    if let buildID {
      // A separate debug file has the build-id too, and not the bytes.
      guard file.buildID == buildID, page.isSame || file.holdsItsCode else { return nil }
      return ModuleVerdict(.buildID, damage)
    }
    guard !page.differs else { return nil }
    guard beginning.count >= file.firstBytes.count else {
      return ModuleVerdict(.layout, "a part of its header page in the core is lost")
    }
    return page.isSame ? ModuleVerdict(.headerPage) : ModuleVerdict(.layout, damage)
  }

  /// What survived of the first page beside the file's.
  func comparison(with file: ModuleFile) -> PageComparison {
    let expected = Array(file.firstBytes.prefix(beginning.count))
    return PageComparison(Array(beginning.prefix(expected.count)), expected, isX86: false)
  }

  /// Why what `file(_:)` gave is not the one.
  func words(
    for result: Result<ModuleFile, ModuleFiles.Absence>, _ files: ModuleFiles
  ) -> String {
    let subject = subject(files)
    switch result {
    case .success(let file): return words(for: file, subject)
    case .failure(let absence): return subject.words(for: absence, isDeleted: isDeleted)
    }
  }

  /// Why a file that is there is not the one: what of that is known, and no more.
  private func words(for other: ModuleFile, _ subject: FileSubject) -> String {
    let reason: String
    if let buildID, let otherID = other.buildID, buildID != otherID {
      reason = "\(subject.words) has another build-id"
    } else if comparison(with: other).differs {
      reason = "\(subject.words) begins otherwise than the page that survived"
    } else {
      let unfit = "\(subject.words) does not fit its mappings"
      return isDeleted && subject == .here ? "deleted, and " + unfit : unfit
    }
    return subject.words(forOther: reason, isDeleted: isDeleted)
  }
}
