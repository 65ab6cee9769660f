internal import ArchiveFormat
package import CoreIO
internal import CoreModel
internal import ELFCore
internal import Salvage
internal import SystemPackage

extension Batch {
  /// Whether a file's name, and its place, are such that it is this run's.
  package func verdict(on file: FoundFile) -> BatchRecord.Outcome? {
    if let shard = options.shard, !shard.contains(file.relativePath) { return .elsewhere }
    if let pattern = options.match, !NamePattern.matches(pattern, file) { return .unmatched }
    return nil
  }

  /// Counts what there is to do, by names, first bytes and headers.
  package func survey(_ teller: BatchTeller?) -> BatchSurvey {
    var survey = BatchSurvey()
    var walk = walk
    while !Task.isCancelled, let find = walk.next() {
      guard case .file(let file) = find, verdict(on: file) == nil else { continue }
      survey.files += 1
      if survey.files % 256 == 0 { teller?.tell(.surveying(files: survey.files)) }
      count(file, in: &survey)
    }
    survey.free = BatchSurvey.freeSpace(in: home)
    return survey
  }

  private func count(_ file: FoundFile, in survey: inout BatchSurvey) {
    guard let input = try? file.open(inTurn: false), let kind = try? CoreKind(of: input) else {
      return
    }
    guard kind != .packed else { return countPacked(file, input, in: &survey) }
    if kind == .plain { input.holdBeginning() }
    guard options.output != nil || kind == .plain,
      let source: any ByteSource = kind == .plain ? input : try? ArchiveSource(input),
      let found = look(at: source)
    else { return }
    let (structure, mayBeWritten) = found
    guard mayBeWritten || options.whole != .skip else { return }
    guard !isPresent(file, input, kind) else {
      survey.present += 1
      return
    }
    survey.cores += 1
    survey.bytes +|= input.size
    if options.output == nil {
      survey.toWrite +|= structure.tailSize
    } else if mayBeWritten || options.whole == .copy {
      let size = kind == .plain ? min(input.size, input.allocated) : source.size
      survey.toWrite +|= min(size +| structure.tailSize, options.repair.slim?.mostBytes ?? .max)
    }
  }

  /// The structure of a core, and whether it gets an output of its own. Whether it is whole takes as long to tell as to plan
  /// its repair; where that is all the same, nobody asks.
  private func look(at source: any ByteSource) -> (CoreStructure, mayBeWritten: Bool)? {
    let writesAll =
      options.archive != nil || options.repair.completesWhole || options.repair.slim != nil
    if options.output != nil, writesAll || options.whole == .copy {
      return (try? Probe.structure(of: source)).map { ($0, mayBeWritten: true) }
    }
    guard let core = try? Core(Intake(source), options: options.repair.intake) else { return nil }
    return (core.structure, mayBeWritten: writesAll || !core.verdict.isWhole)
  }

  /// What is in a packed core, only its unpacking tells.
  private func countPacked(
    _ file: FoundFile, _ input: InputFile, in survey: inout BatchSurvey
  ) {
    guard options.output != nil, !isPresent(file, input, .packed) else {
      if options.output != nil { survey.present += 1 }
      return
    }
    survey.cores += 1
    survey.packed += 1
    survey.bytes +|= input.size
    survey.toWrite +|= input.size
  }

  private func isPresent(_ file: FoundFile, _ input: InputFile, _ kind: CoreKind) -> Bool {
    guard let root = options.output else { return false }
    let output = CoreWork.output(
      of: file, input, kind, options, in: root.pushing(file.folder.relativePath))
    guard let present = FileIdentity(at: output, followingLinks: false) else { return false }
    // As `PriorOutput.isCurrent` has it: what came since was not in it.
    return present.changed >= input.identity.changed
  }
}

extension CoreStructure {
  /// What a repair appends: the notes and the table again, and what is rebuilt, which a few pages hold.
  fileprivate var tailSize: UInt64 {
    tableRange.length +| 65_536 +| notes.total(\.descriptorSize)
  }
}
