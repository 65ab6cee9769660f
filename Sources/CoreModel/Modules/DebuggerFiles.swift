internal import CoreIO
internal import ELFCore
public import SystemPackage

/// The files that a debugger wants beside a core, and where they are.
public struct DebuggerFiles: Hashable, Sendable {
  /// The program's file.
  public enum Program: Hashable, Sendable {
    /// It is here, and what the core tells of it fits.
    case found(FilePath)
    /// It is not: why, in words that are safe to print, and the build-id of the one that is needed, where that survived.
    case needed(reason: String, buildID: [UInt8]?)
  }

  /// A library that only its own name finds.
  public struct Library: Hashable, Sendable {
    /// Its file, which is the one that was mapped.
    public let file: FilePath
    /// How far it lies from where it was linked for.
    public let bias: UInt64
  }

  /// The program's file.
  public let program: Program
  /// The folders that stand for the root of the core's machine. A debugger knows the first alone.
  public let sysroots: [FilePath]
  /// Folders of libraries that are not in the first sysroot under their names, where a search by the last part of a name
  /// finds those and no others.
  public let folders: [FilePath]
  /// Libraries that are neither in the first sysroot nor to be looked for in `folders`.
  public let libraries: [Library]
  /// The names of libraries under which there are other files than the process had, raw. A debugger opens what the dynamic
  /// linker's list names, and takes the functions of any file.
  public private(set) var strangers: [[UInt8]] = []
  /// Where there are strangers, the names under which the right files are.
  public private(set) var known: [[UInt8]] = []
}

extension DebuggerFiles {
  /// A program that nobody compared with the core.
  package init(program: FilePath) {
    self.program = .found(program)
    (sysroots, folders, libraries) = ([], [], [])
  }

  /// - Parameters:
  ///   - list: the modules; nil where nobody looked for them.
  ///   - absence: why the program is none of them.
  package init(
    _ list: ModuleList?, _ process: ProcessSnapshot, _ memory: CoreMemory,
    _ absence: ProgramAbsence?, _ files: inout ModuleFiles
  ) {
    sysroots = files.sysroots
    program = Program(
      list?.program, process, memory, absence, refusal: list?.refusal, &files)
    let modules = list?.modules.filter { $0.base != list?.program?.base } ?? []
    // Mostly debuggers find every file by themselves.
    lazy var search = FolderSearch(modules)
    var folders: [FilePath] = []
    var libraries: [Library] = []
    for module in modules where !files.isFoundByDebuggers(module) {
      guard let file = module.file?.path else { continue }
      let folder = file.removingLastComponent()
      guard file.lastComponent == FilePath(bytes: module.path).lastComponent,
        search.isTelling(folder, files)
      else {
        libraries.append(Library(file: file, bias: module.bias))
        continue
      }
      if !folders.contains(folder) { folders.append(folder) }
    }
    self.folders = folders
    self.libraries = libraries
    strangers = Self.names(modules.filter(\.isAnother))
    guard !strangers.isEmpty else { return }
    known = Self.names(modules.filter { $0.file != nil })
  }

  /// The names of modules, each once: a core may list one as often as it likes.
  private static func names(_ modules: [Module]) -> [[UInt8]] {
    var seen: Set<PathKey> = []
    return modules.map(\.path).filter { seen.insert(PathKey($0)).inserted }
  }

  /// The same for a core whose list of libraries is ours, and names no file that is another.
  package var withoutStrangers: DebuggerFiles {
    var files = self
    (files.strangers, files.known) = ([], [])
    return files
  }
}

/// What a debugger finds that looks for the last part of each module's name in folders.
private struct FolderSearch {
  /// The names, and the folder in which the module's file is; nil where it was not found.
  private let modules: [(name: FilePath.Component, folder: FilePath?)]
  private let namesDiffer: Bool
  private var known: [FilePath: Bool] = [:]

  /// Each is searched for the names of all modules.
  private static let mostFolders = 32

  init(_ modules: [Module]) {
    self.modules = modules.compactMap { module in
      FilePath(bytes: module.path).lastComponent.map {
        ($0, module.file?.path.removingLastComponent())
      }
    }
    namesDiffer = Set(self.modules.map(\.name)).count == self.modules.count
  }

  /// Whether a folder has nothing under the name of a module whose file is elsewhere.
  mutating func isTelling(_ folder: FilePath, _ files: ModuleFiles) -> Bool {
    if let known = known[folder] { return known }
    let isTelling =
      namesDiffer && known.count < Self.mostFolders
      && !modules.contains { $0.folder != folder && files.exists(folder.appending($0.name)) }
    known[folder] = isTelling
    return isTelling
  }
}

extension DebuggerFiles.Program {
  /// Its path; nil where it was not found.
  public var path: FilePath? {
    guard case .found(let path) = self else { return nil }
    return path
  }

  fileprivate init(
    _ module: Module?, _ process: ProcessSnapshot, _ memory: CoreMemory, _ absence: ProgramAbsence?,
    refusal: String?, _ files: inout ModuleFiles
  ) {
    if let module {
      let headers = module.hasHeadersInCore ? module.headers : nil
      self =
        module.file.map { .found($0.path) }
        ?? .needed(
          reason: module.verdict.remark,
          buildID: headers.flatMap { memory.buildID(of: $0, bias: module.bias) }?.bytes)
    } else if let candidate = process.program(in: memory) {
      let (file, verdict) = candidate.verify(&files)
      self =
        file.map { .found($0.path) }
        ?? .needed(reason: verdict.remark, buildID: candidate.buildID?.bytes)
    } else if let refusal {
      self = .needed(reason: refusal, buildID: nil)
    } else if case .success(let named)? = files.namedProgram() {
      self = .found(named.path)
    } else {
      self = .needed(
        reason: absence?.words ?? "nothing of the core tells which file it is", buildID: nil)
    }
  }
}

extension ProcessSnapshot {
  /// The program by its header page alone; nil where that is lost.
  fileprivate func program(in memory: CoreMemory) -> Candidate? {
    guard let address = auxiliaryVector?[.programHeaders] ?? auxiliaryVector?[.entry],
      let base = mappedFiles?.entries.first(where: { $0.range.contains(address) })?.range.lowerBound
        ?? memory.segment(at: address)?.address
    else { return nil }
    var candidate = Candidate(programPath ?? [], at: base, in: memory)
    candidate.isProgram = true
    return candidate.inCore == nil ? nil : candidate
  }
}
