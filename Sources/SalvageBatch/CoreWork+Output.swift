internal import CoreIO
internal import Glibc
internal import Salvage
internal import SalvageArchive
internal import SystemPackage

extension CoreWork {
  /// Where its output goes in that folder.
  ///
  /// What a packed core is called depends on what else is in its folder, and that changes: an input that went first for a name
  /// may be gone by now, and its output be all that is left of it. So the name that an output of this very core has stays, and
  /// one that another core's output has is not taken.
  /// What becomes of one that is not packed, only `destination` tells: it has been read by then.
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
    let origin = PriorOutput.Origins(of: file, kind)
    if origin.isOrigin(of: long, isArchive: isArchive) == true { return long }
    guard origin.isOrigin(of: short, isArchive: isArchive) == false else { return short }
    guard !options.repair.force, origin.isOrigin(of: long, isArchive: isArchive) == false,
      let digest = origin.digest
    else { return long }
    return spare(for: found, digest, options, in: place)
  }

  /// The name that the output gets where what stands in its place may be all that is left of a core: it begins with all of the
  /// input's, and then says by a few digits which core it is, so that it is the same in every run.
  static func spare(
    for found: FoundFile, _ digest: String, _ options: BatchOptions, in place: FilePath
  ) -> FilePath {
    let own = found.name.bytes + Array(".\(digest.prefix(8))".utf8)
    return place.appending(
      OutputName.name(
        for: FilePath.Component(own) ?? found.name, isPacked: false,
        archive: options.archive != nil, isWhole: true
      ) { _ in false })
  }

  /// Says where the output is.
  func name(_ output: FilePath, _ repair: Repair, in record: inout BatchRecord) {
    record.output = output
    record.isNamedApart =
      output.lastComponent != found.name
      && output
        == Self.spare(
          for: found, repair.core.digest, options, in: output.removingLastComponent())
  }

  /// Where its output goes, and what stands there, once the core has been read. `wanted` is what `output` gives.
  func destination(
    _ wanted: FilePath, _ repair: Repair
  ) -> (path: FilePath, prior: PriorOutput) {
    let prior = PriorOutput.look(at: wanted, isArchive: isArchive, for: repair)
    guard mayBeLast(prior) else { return (wanted, prior) }
    let spare = Self.spare(
      for: found, repair.core.digest, options, in: wanted.removingLastComponent())
    return (spare, PriorOutput.look(at: spare, isArchive: isArchive, for: repair))
  }

  /// Whether what stands there may be all that is left of what it was made of.
  func mayBeLast(_ prior: PriorOutput) -> Bool {
    guard !options.repair.force else { return false }
    return switch prior {
    case .other: true
    // The rest of it may be gone as this input is going to be.
    case .outdated: options.deleteInput
    case .none, .current, .foreign: false
    }
  }
}
