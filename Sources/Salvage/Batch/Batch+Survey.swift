internal import SystemPackage

extension Batch {
  /// Whether a file's name, and its place, are such that it is this run's.
  func verdict(on file: FoundFile) -> BatchRecord.Outcome? {
    if let shard = options.shard, !shard.contains(file.relativePath) { return .elsewhere }
    if let pattern = options.match, !NamePattern.matches(pattern, file) { return .unmatched }
    return nil
  }

  /// Counts what there is to do, by names, first bytes and headers.
  func survey(_ teller: BatchTeller?) -> BatchSurvey {
    var survey = BatchSurvey()
    var walk = walk
    while let find = walk.next() {
      guard case .file(let file) = find, verdict(on: file) == nil else { continue }
      survey.files += 1
      if survey.files % 256 == 0 { teller?.tell(.surveying(files: survey.files)) }
      count(file, in: &survey)
    }
    survey.free = BatchSurvey.freeSpace(in: options.output)
    return survey
  }

  private func count(_ file: FoundFile, in survey: inout BatchSurvey) {
    guard let input = try? file.open(), (try? CoreKind(of: input)) != nil,
      let structure = try? Probe.structure(of: input)
    else { return }
    let isWhole = structure.sizeDue.map { $0 <= input.size } ?? false
    guard !isWhole || options.whole != .skip else { return }
    let output = options.output.pushing(file.folder.relativePath)
      .appending(CoreWork.outputName(file, isPacked: false))
    guard FileIdentity(at: output, followingLinks: false) == nil else {
      survey.present += 1
      return
    }
    survey.cores += 1
    survey.bytes &+= input.size
    if !isWhole || options.whole == .copy {
      survey.toWrite &+= min(input.size, input.identity.allocated)
    }
  }
}
