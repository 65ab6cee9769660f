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
    guard let input = try? file.open(), let kind = try? CoreKind(of: input) else { return }
    guard kind != .packed else { return countPacked(file, input, in: &survey) }
    guard options.output != nil || kind == .plain,
      let source: any ByteSource = kind == .plain ? input : try? ArchiveSource(input),
      let core = try? Core(Intake(source), options: options.repair.intake)
    else { return }
    let structure = core.structure
    let isWhole = core.verdict.isWhole
    let mayBeWritten =
      !isWhole || options.archive != nil || options.repair.completesWhole
      || options.repair.slim != nil
    guard mayBeWritten || options.whole != .skip else { return }
    guard !isPresent(file, kind) else {
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

  /// What is in a packed core, only its unpacking tells.
  private func countPacked(
    _ file: FoundFile, _ input: InputFile, in survey: inout BatchSurvey
  ) {
    guard options.output != nil, !isPresent(file, .packed) else {
      if options.output != nil { survey.present += 1 }
      return
    }
    survey.cores += 1
    survey.packed += 1
    survey.bytes +|= input.size
    survey.toWrite +|= input.size
  }

  private func isPresent(_ file: FoundFile, _ kind: CoreKind) -> Bool {
    guard let root = options.output else { return false }
    let output = root.pushing(file.folder.relativePath)
      .appending(CoreWork.outputName(file, kind, options))
    return FileIdentity(at: output, followingLinks: false) != nil
  }
}

extension CoreStructure {
  /// What a repair appends: the notes and the table again, and what is rebuilt, which a few pages hold.
  fileprivate var tailSize: UInt64 {
    tableRange.length +| 65_536 +| notes.total(\.descriptorSize)
  }
}
