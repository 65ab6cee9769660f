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
  /// The names in the dynamic linker's list by which a debugger would open other files than the process had, raw. It takes
  /// the functions of any file.
  public private(set) var strangers: [[UInt8]] = []
  /// Those of them whose right files are not here either.
  public private(set) var missing: [[UInt8]] = []
  /// Where there are strangers, the names under which the right files are.
  public private(set) var known: [[UInt8]] = []

  /// Of more strangers no part of a name is told apart: each is held against each.
  private static let mostStrangers = 32
  private static let longestStranger = 1024
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
  ///   - isListOurs: whether what is missing in the dynamic linker's list is added to it.
  package init(
    _ list: ModuleList?, _ process: ProcessSnapshot, _ memory: CoreMemory,
    _ absence: ProgramAbsence?, isListOurs: Bool = false, _ files: inout ModuleFiles
  ) {
    sysroots = files.sysroots
    program = Program(
      list?.program, process, memory, absence, refusal: list?.refusal, &files)
    var listed: [ListedLibrary] = []
    if let list, let absence {
      listed = ListedLibrary.all(of: list, memory, absence, isListOurs: isListOurs, &files)
    }
    let others = listed.filter { $0.opening == .stranger }
    guard others.isEmpty else {
      // What the others are called may be found in any folder: none is searched.
      folders = []
      strangers = Self.names(others)
      missing = Self.names(others.filter { $0.module?.file == nil })
      let areFew =
        strangers.count <= Self.mostStrangers
        && strangers.allSatisfy { $0.count <= Self.longestStranger }
      known = areFew ? Self.names(listed.filter { $0.opening == .verified }) : []
      libraries = listed.filter { !areFew || $0.opening != .verified }.compactMap(\.library)
      return
    }
    // Mostly debuggers find every file by themselves.
    lazy var search = FolderSearch(listed)
    var folders: [FilePath] = []
    var libraries: [Library] = []
    for library in listed where library.opening == .nothing {
      guard let file = library.library else { continue }
      let folder = file.file.removingLastComponent()
      guard search.finds(library, in: folder, &files) else {
        libraries.append(file)
        continue
      }
      if !folders.contains(folder) { folders.append(folder) }
    }
    self.folders = folders
    self.libraries = libraries
  }

  /// The names of libraries, each once: a core may list one as often as it likes.
  private static func names(_ libraries: [ListedLibrary]) -> [[UInt8]] {
    var seen: Set<PathKey> = []
    return libraries.flatMap(\.names).filter { seen.insert(PathKey($0)).inserted }
  }
}

extension ListedLibrary {
  /// Its verified file; nil where there is none.
  fileprivate var library: DebuggerFiles.Library? {
    guard let module, let file = module.file else { return nil }
    return DebuggerFiles.Library(file: file.path, bias: module.bias)
  }

  /// What a debugger looks for in folders.
  fileprivate var lastNames: [FilePath.Component] {
    names.compactMap { FilePath(bytes: $0).lastComponent }
  }
}

/// What a debugger finds that looks for the last part of each library's name in folders.
private struct FolderSearch {
  private let libraries: [ListedLibrary]
  private var known: [FilePath: Bool] = [:]

  /// Each is searched for the names of all libraries.
  private static let mostFolders = 32

  init(_ libraries: [ListedLibrary]) { self.libraries = libraries }

  /// Whether a folder has the library's file under its name, and nothing else under that of any other.
  mutating func finds(
    _ library: ListedLibrary, in folder: FilePath, _ files: inout ModuleFiles
  ) -> Bool {
    // The separator of such folders can't be in one.
    guard !folder.bytes.contains(UInt8(ascii: ":")),
      library.lastNames.allSatisfy({
        files.opening(of: folder.appending($0), as: library.module?.file) == .verified
      })
    else { return false }
    if let known = known[folder] { return known }
    guard known.count < Self.mostFolders else { return false }
    let isTelling = libraries.allSatisfy { library in
      library.lastNames.allSatisfy {
        files.opening(of: folder.appending($0), as: library.module?.file) != .stranger
      }
    }
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
