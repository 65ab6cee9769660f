internal import CoreIO
internal import Salvage
internal import SystemPackage

extension Batch {
  /// Tells what would become of each file, one after another, and writes nothing.
  func rehearse(_ teller: BatchTeller) -> BatchTally {
    var walk = walk
    while !Task.isCancelled, let find = walk.next() {
      switch find {
      case .failure(let error): teller.tell(.finished(BatchRecord(error.file, error)))
      case .other: teller.tell(.finished(BatchRecord("", .special)))
      case .file(let file): teller.tell(.finished(rehearse(file)))
      }
    }
    return teller.end()
  }

  private func rehearse(_ file: FoundFile) -> BatchRecord {
    if let verdict = verdict(on: file) { return BatchRecord(file.path, verdict) }
    do throws(SalvageError) {
      guard let core = try CoreWork(file, options, nil) else {
        if file.isNamed { try file.refuse() }
        return BatchRecord(file.path, .other)
      }
      return try core.rehearsed()
    } catch {
      let isGone =
        if case .io(.noSuchFileOrDirectory, _) = error.kind { error.file == file.path } else {
          false
        }
      return isGone
        ? BatchRecord(file.path, .vanished)
        : BatchRecord(file.path, error, isNamed: file.isNamed)
    }
  }
}
