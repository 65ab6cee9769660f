internal import ArchiveFormat
internal import CoreIO
internal import CoreModel
internal import Salvage
internal import SystemPackage

/// What stands where an output is to go, as far as its own notes tell.
enum PriorOutput {
  case none
  /// What this input and these options give; the plan says which bytes.
  case current(Plan)
  /// Ours, of this dump: of less of it, or with options that have changed.
  case outdated
  /// A core of another dump, or of more of this one than its input has: it may be all that is left of it.
  case other
  /// Nothing that we know to be ours.
  case foreign

  static func look(at path: FilePath, isArchive: Bool, for repair: Repair) -> PriorOutput {
    guard let present = FileIdentity(at: path, followingLinks: false) else { return .none }
    guard present.isRegular, let output = try? OutputCheck.open(path, isArchive: isArchive),
      let structure = try? Probe.structure(of: output)
    else { return .foreign }
    guard !repair.isCopy else {
      return lookForCopy(output, structure, isArchive: isArchive, repair)
    }
    guard let line = try? PriorRepair.recordLine(in: structure, output) else {
      return old(nil, output, structure, isArchive: isArchive, repair)
    }
    for plan in [repair.plan, repair.planWithoutExtension]
    where plan.size == output.size && plan.origin?.isSame(as: line) == true {
      return .current(plan)
    }
    return old(line, output, structure, isArchive: isArchive, repair)
  }

  /// What a core that this input does not give is to it.
  ///
  /// - Parameter line: what our note in it says, where it has one.
  private static func old(
    _ line: String?, _ output: any ByteSource, _ structure: CoreStructure, isArchive: Bool,
    _ repair: Repair
  ) -> PriorOutput {
    let note = line.flatMap(OriginNote.init)
    let core = repair.core
    // What ended in its notes has others once the rest has come: then both stay.
    func isOfSameDump() -> Bool {
      note?.isOf(core.digest) == true || (try? HeadDigest.of(structure, output)) == core.digest
    }
    guard note?.sizeFound ?? output.size <= core.structure.sizeFound, isOfSameDump() else {
      return .other
    }
    // Without a note of ours, only an archive is sure to be ours.
    return line != nil || isArchive ? .outdated : .foreign
  }

  /// Which outputs are made of a packed core: those with its headers and notes, whatever else has changed since.
  final class Origins {
    private let file: InputFile
    private let kind: CoreKind
    private(set) lazy var digest = Self.digest(of: file, kind)

    init(of file: InputFile, _ kind: CoreKind) {
      self.file = file
      self.kind = kind
    }

    /// false where it was made of another core; nil where that isn't known, or nothing is there.
    func isOrigin(of path: FilePath, isArchive: Bool) -> Bool? {
      guard let present = FileIdentity(at: path, followingLinks: false), present.isRegular,
        let output = try? OutputCheck.open(path, isArchive: isArchive),
        let structure = try? Probe.structure(of: output), let digest
      else { return nil }
      // A copy has the input's own headers and notes, and may have notes of an earlier repair in them.
      if (try? HeadDigest.of(structure, output)) == digest { return true }
      let line = try? PriorRepair.recordLine(in: structure, output)
      return line.flatMap(OriginNote.init)?.isOf(digest) ?? false
    }

    private static func digest(of file: InputFile, _ kind: CoreKind) -> String? {
      let source: (any ByteSource)? =
        kind == .archive
        ? try? ArchiveSource(file)
        : Intake.unpackedHead(of: file, count: 4 << 20).map {
          MemorySource($0.bytes, path: file.path)
        }
      guard let source, let structure = try? Probe.structure(of: source) else { return nil }
      return try? HeadDigest.of(structure, source)
    }
  }

  /// The same for what is packed, by the beginning of what is in it: to unpack all of it takes longer than anything else.
  /// What was packed anew since is younger than the output, which is as old as what it was made of. What was fetched once more
  /// may have kept its time, and be longer: whether it changed at all since the output was made, its ctime tells.
  static func isCurrent(
    _ path: FilePath, isArchive: Bool, for packed: InputFile, _ options: RepairOptions
  ) -> Bool {
    guard let present = FileIdentity(at: path, followingLinks: false), present.isRegular,
      present.modified >= packed.identity.modified, present.changed >= packed.identity.changed,
      let output = try? OutputCheck.open(path, isArchive: isArchive),
      let structure = try? Probe.structure(of: output),
      let line = try? PriorRepair.recordLine(in: structure, output), !endsUnread(output),
      let bytes = Intake.unpackedHead(of: packed, count: 4 << 20)?.bytes
    else { return false }
    let head = MemorySource(bytes, path: packed.path)
    guard let found = try? Probe.structure(of: head),
      let digest = try? HeadDigest.of(found, head)
    else { return false }
    return [options.extend, .none].contains { extend in
      var options = options
      options.extend = extend
      if extend == .none, options.lostMemory == .pad { options.lostMemory = .drop }
      return Origin(sizeFound: 0, digest: digest, options: options).isSameButSize(as: line)
    }
  }

  /// Whether it was made of a stream that could not be read to its end: it may be readable now.
  private static func endsUnread(_ output: any ByteSource) -> Bool {
    guard let record = try? RepairRecord(of: output) else { return true }
    return record.lost.contains { $0.cause == .unreadable }
  }

  /// A whole core has no note of ours; its length and the digest of its headers and notes tell.
  private static func lookForCopy(
    _ output: any ByteSource, _ structure: CoreStructure, isArchive: Bool, _ repair: Repair
  ) -> PriorOutput {
    if output.size == repair.source.size,
      (try? HeadDigest.of(structure, output)) == repair.core.digest
    {
      return .current(Plan(copying: output.size))
    }
    let line = try? PriorRepair.recordLine(in: structure, output)
    return old(line, output, structure, isArchive: isArchive, repair)
  }
}
