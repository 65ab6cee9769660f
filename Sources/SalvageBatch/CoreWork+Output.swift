internal import CoreIO
internal import Glibc
internal import SalvageArchive
internal import SystemPackage

extension CoreWork {
  /// Where its output goes in that folder.
  ///
  /// What a packed core is called depends on what else is in its folder, and that changes: an input that went first for a name
  /// may be gone by now, and its output be all that is left of it. So the name that an output of this very core has stays, and
  /// one that another core's output has is not taken.
  static func output(
    of found: FoundFile, _ file: InputFile, _ kind: CoreKind, _ options: BatchOptions,
    in place: FilePath
  ) -> FilePath {
    let isArchive = options.archive != nil
    func name(isWhole: Bool) -> FilePath {
      place.appending(
        OutputName.name(
          for: found.name, isPacked: kind != .plain, archive: isArchive, isWhole: isWhole
        ) { found.folder.kind(of: $0) == S_IFREG })
    }
    let short = name(isWhole: false)
    guard kind != .plain else { return short }
    let long = name(isWhole: true)
    guard short != long else { return short }
    let origin = PriorOutput.Origins(of: file, kind)
    if origin.isOrigin(of: long, isArchive: isArchive) == true { return long }
    return origin.isOrigin(of: short, isArchive: isArchive) == false ? long : short
  }
}
