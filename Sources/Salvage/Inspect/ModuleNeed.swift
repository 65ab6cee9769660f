package import CoreIO
public import CoreModel
internal import ELFCore
public import SystemPackage

/// A program or library that the process had mapped, and whether its file is here: what has to be fetched to read the core.
public struct ModuleNeed: Hashable, Sendable {
  /// What is here of its debug information.
  public enum DebugInformation: Hashable, Sendable {
    /// In its own file.
    case inModule
    /// In a file of its own.
    case separate(FilePath)
    /// Nowhere here.
    case none
  }

  /// As the kernel named it, raw.
  public let path: [UInt8]
  /// The core's; nil where it has none, or none survived.
  public let buildID: [UInt8]?
  /// That of the file here, which is the core's only if the file is the one that was mapped.
  public let fileBuildID: [UInt8]?
  /// The file here that was mapped, or may have been, as `verdict` says; nil where there is none.
  public let file: FilePath?
  /// How that file was made sure of, or why there is none.
  public let verdict: ModuleVerdict
  /// What is here of its debug information.
  public let debugInformation: DebugInformation
  /// The build-id of a file that has a part of its debug information, together with that of others, and is not here.
  public let missingShared: [UInt8]?

  /// Whether nothing has to be fetched to name its functions.
  public var isHere: Bool { file != nil }
}

/// All that the core's process had mapped, with its files here.
package struct ModuleSurvey {
  package struct Found {
    package let module: Module
    package let need: ModuleNeed
    package let debug: ModuleFiles.DebugInformation
  }

  /// By address; each path once.
  package private(set) var found: [Found] = []
  package let list: ModuleList

  package init(
    _ core: Core, _ files: inout ModuleFiles
  ) throws(SalvageError) {
    list = try ModuleList(core.structure, core.process, core.memory, &files)
    var paths: Set<PathKey> = []
    for module in list.modules where paths.insert(PathKey(module.path)).inserted {
      let debug =
        try module.file.map { file throws(SalvageError) in
          try files.debugInformation(of: file, path: module.path)
        } ?? ModuleFiles.DebugInformation()
      let inCore = module.hasHeadersInCore ? module.headers : nil
      // Of a page that is lost the build-id may have survived, at the place where the file has its own.
      let known = module.verdict.verification == .buildID ? module.file?.buildID : nil
      let id = inCore.flatMap { core.memory.buildID(of: $0, bias: module.bias) } ?? known
      found.append(
        Found(
          module: module,
          need: ModuleNeed(
            path: module.path, buildID: id?.bytes, fileBuildID: module.file?.buildID?.bytes,
            file: module.file?.path, verdict: module.verdict,
            debugInformation: debug.isInModule
              ? .inModule : debug.file.map { .separate($0.path) } ?? .none,
            missingShared: debug.missingShared?.bytes),
          debug: debug))
    }
  }

  package var needs: [ModuleNeed] { found.map(\.need) }
}
