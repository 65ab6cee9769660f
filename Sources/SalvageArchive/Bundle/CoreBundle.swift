internal import CoreIO
internal import CoreModel
internal import ELFCore
public import Salvage
internal import SystemPackage

/// A repaired core with the files that debuggers read beside it, to be unpacked on a machine that has none of them: what goes
/// in, and what is missing.
///
/// Only files are in it that are known to be those which the process had mapped, and debug information that belongs to them.
public struct CoreBundle: Sendable {
  /// The core, as it will be in the bundle.
  public let repair: Repair
  /// What the process had mapped, by address, and what of it is here.
  public let needs: [ModuleNeed]
  /// The program's name below `root`; nil where its file is not in the bundle.
  package let program: [UInt8]?
  /// Folders below `root` in which debuggers have to look for libraries whose names are not absolute.
  package let searchFolders: [[UInt8]]
  /// Files whose places in the process no file can have, or something else has.
  package private(set) var homeless: [[UInt8]] = []

  /// A file to go in.
  enum File: Sendable {
    case module(ModuleFile)
    case debug(DebugFile)

    var identity: FileIdentity {
      switch self {
      case .module(let file): file.identity
      case .debug(let file): file.identity
      }
    }

    func open() throws(SalvageError) -> InputFile {
      switch self {
      case .module(let file): try file.open()
      case .debug(let file): try file.open()
      }
    }
  }

  private(set) var tree = MemberTree<File>()

  /// Looks for the files of a core that is to be repaired.
  public init(_ repair: Repair) throws(SalvageError) {
    self.repair = repair
    let core = try repair.core.restored(repair.intake, options: repair.options.intake)
    var files = repair.moduleFiles
    let survey = try ModuleSurvey(core, &files)
    needs = survey.needs
    let absence = ProgramAbsence(
      survey.list, core.process, NoteLoss(core))
    let written = try Core(Intake(PlanSource(repair.plan, repair.source)))
    let names = ListedNames(survey.list, written.memory, absence)
    var (tree, homeless, folders): (MemberTree<File>, [[UInt8]], [[UInt8]]) = (.init(), [], [])
    for found in survey.found {
      guard let file = found.module.file else { continue }
      guard tree.add(found.module.path, .file(.module(file))),
        let name = MemberTree<File>.name(found.module.path)
      else {
        homeless.append(found.module.path)
        continue
      }
      for listed in names[found.module] {
        guard listed.first == UInt8(ascii: "/") else {
          let end = name.lastIndex(of: UInt8(ascii: "/")) ?? 0
          if !folders.contains(Array(name[..<end])) { folders.append(Array(name[..<end])) }
          continue
        }
        // A path like /srv/bin/../lib/x leads there once there is a folder /srv/bin.
        if tree.addFolders(of: listed) { _ = tree.add(listed, .link(name)) }
      }
      Self.add(found.debug, of: file, name, to: &tree)
    }
    program = survey.list.program.flatMap { MemberTree<File>.name($0.path) }.flatMap { name in
      if case .file? = tree.nodes[name] { name } else { nil }
    }
    self.tree = tree
    self.homeless = homeless
    searchFolders = folders
  }

  /// Puts debug information where debuggers look for it, and links that name it and its module by the build-id.
  private static func add(
    _ debug: ModuleFiles.DebugInformation, of file: ModuleFile, _ name: [UInt8],
    to tree: inout MemberTree<File>
  ) {
    if let path = file.buildID?.path { _ = tree.add(Array(path.utf8), .link(name)) }
    if let found = debug.file {
      if let id = file.buildID?.debugPath {
        add(found, id, to: &tree)
      } else {
        let end = name.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
        let own = found.path.lastComponent?.bytes ?? []
        _ = tree.add(
          Array("usr/lib/debug/".utf8) + name[..<end] + own, .file(.debug(found)))
      }
    }
    if let shared = debug.shared, let id = shared.buildID?.debugPath {
      add(shared, id, to: &tree)
    }
  }

  private static func add(
    _ file: DebugFile, _ place: String, to tree: inout MemberTree<File>
  ) {
    let target = Array("usr/lib/debug/\(place)".utf8)
    if tree.add(target, .file(.debug(file))) { _ = tree.add(Array(place.utf8), .link(target)) }
  }

  /// All that was read for it: no output may take the place of one of these files.
  var inputs: InputSet {
    var inputs = repair.files
    for case .file(let file) in tree.nodes.values { inputs.insert(file.identity) }
    return inputs
  }

  /// How many files of modules, and of debug information, are in it.
  package var counts: (modules: Int, debug: Int) {
    tree.nodes.values.reduce(into: (0, 0)) { counts, node in
      switch node {
      case .file(.module): counts.0 += 1
      case .file(.debug): counts.1 += 1
      default: break
      }
    }
  }
}

extension Repair {
  /// A way to the files that the core names.
  fileprivate var moduleFiles: ModuleFiles {
    ModuleFiles(
      sysroots: options.sysroots, program: options.program, core: intake.file?.identity,
      process: core.process.info)
  }
}
