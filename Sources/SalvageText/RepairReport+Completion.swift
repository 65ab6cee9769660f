internal import CoreIO
internal import CoreModel
internal import Salvage

extension RepairReport {
  /// What was added to a whole core, or why nothing was; nil where nobody asked.
  var completionWords: String? {
    switch completion {
    case nil: nil
    case .added: "\(ByteCount(rebuilt.total(\.length))) of read-only memory from \(rebuiltFiles)"
    case .allThere: "nothing: it has all that the files here have"
    case .noFile: "nothing: none of its files is here"
    case .noRoom: "nothing: a 32-bit core can't name what would stand past 4 GiB"
    }
  }

  /// How many files what is rebuilt is from, and how many of them may be others than the process had, in words.
  var rebuiltFiles: String {
    let paths = Set(rebuilt.filter { $0.source == .mappedFile }.map(\.path))
    let weak = Set(
      modules.lazy.filter { ![.certain, nil].contains($0.verdict.verification.certainty) }
        .map(\.path))
    let doubtful = paths.intersection(weak).count
    guard doubtful > 0 else { return counted(paths.count, "verified file") }
    guard doubtful == paths.count else {
      return "\(counted(paths.count, "file")), \(doubtful) of them in doubt"
    }
    return counted(paths.count, "file") + (paths.count == 1 ? ", in doubt" : ", all in doubt")
  }

  /// That options were given that change nothing, a line for each reason.
  var idleLines: [String] {
    IdleOption.Reason.allCases.compactMap { reason in
      let names = idle.filter { $0.reason == reason }.map(\.words).joined(separator: ", ")
      return names.isEmpty ? nil : "without effect, as \(reason.words): \(names)"
    }
  }
}

extension IdleOption.Reason {
  fileprivate var words: String {
    switch self {
    case .isWhole: "it is whole"
    case .noMemory: "the dump has no memory there"
    case .beyondEnd: "the file ends before"
    }
  }
}
