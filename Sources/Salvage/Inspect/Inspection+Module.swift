public import CoreModel
internal import ELFCore

extension Inspection {
  /// A program or library that was mapped when the core was written.
  public struct Module: Hashable, Sendable {
    /// Whether the file of that path on this machine is the one that was mapped.
    public enum FileHere: String, Hashable, Sendable {
      /// Its build-id is the core's.
      case same
      /// Its build-id is another, or it begins otherwise than the page that survived.
      case different
      /// There is no such file, or none that the core's owner may read.
      case absent
      /// It can't be told: a build-id is lost, or was never there.
      case unknown
    }

    /// As the kernel or ld.so named it, raw. `[vdso]` for the kernel's own; empty where no name survived.
    public internal(set) var path: [UInt8]
    /// Where the file's first byte was mapped.
    public internal(set) var base: UInt64
    /// The end of its last mapping.
    public internal(set) var end: UInt64
    /// nil where there is none in the core; then `buildIDAbsence` says why.
    public internal(set) var buildID: [UInt8]?
    /// Why there is no build-id; of no meaning where there is one.
    public internal(set) var buildIDAbsence = BuildIDAbsence.none
    /// Whether the file of that path on this machine is the same.
    public internal(set) var localFile: FileHere = .unknown

    /// The last part of the path.
    public var name: [UInt8] { path.isEmpty ? Array("?".utf8) : MemoryNames.lastPart(path) }
  }
}

extension Inspection.Module {
  init(_ image: MappedImage) {
    path = image.path
    base = image.base
    end = image.end
    buildID = image.buildID?.bytes
    buildIDAbsence = image.absence
  }
}

extension Inspection {
  mutating func addModules(_ images: MappedImages) {
    modules = (images.images + [images.vdso].compactMap(\.self)).map(Module.init)
      .sorted { $0.base < $1.base }
  }

  /// Compares each module with the file of its path on this machine, and gives those that are the same by the modules'
  /// indices.
  mutating func compareModules(
    _ memory: CoreMemory, _ files: inout ModuleFiles
  ) -> [Int: ModuleFile] {
    var same: [Int: ModuleFile] = [:]
    for (index, module) in modules.enumerated() where module.path.first == UInt8(ascii: "/") {
      switch files.file(named: Candidate.plainPath(module.path)) {
      case .success(let file):
        let candidate = Candidate(module.path, at: module.base, in: memory)
        guard candidate.inCore != nil else { continue }
        switch candidate.verdict(on: file)?.verification {
        case nil: modules[index].localFile = .different
        case .buildID:
          modules[index].localFile = .same
          same[index] = file
        default: continue
        }
      case .failure(.missing), .failure(.hidden): modules[index].localFile = .absent
      case .failure(.notELF):
        let candidate = Candidate(module.path, at: module.base, in: memory)
        if candidate.inCore != nil { modules[index].localFile = .different }
      case .failure(.unreadable), .failure(.notRegular): continue
      }
    }
    return same
  }
}
