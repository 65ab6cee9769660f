package import CoreIO
internal import Salvage
package import SystemPackage

/// Outputs that are written and wait for the disk together. One after another, each would cost the disk a commit of its
/// own, and a flush of its cache.
package struct SyncGroup {
  /// An output that has everything but its name.
  package struct Item {
    package var record: BatchRecord
    package let claim: FileClaims.Claim
    package let content: Content
    /// How much of it the disk has to take, about: holes are none of it.
    package let weight: UInt64
    /// The input that is to be removed once the output is found right.
    var removal: Removal?
    /// Why the input could not be read to its end: the output has what came before.
    package var readFailure: SalvageError?
  }

  package enum Content {
    case draft(OutputFile)
    /// Another name of the input, which is under its final name already.
    case link(FilePath)

    package var path: FilePath {
      switch self {
      case .draft(let output): output.path
      case .link(let path): path
      }
    }
  }

  /// What a check of the output needs to know.
  struct Removal {
    let found: FoundFile
    let identity: FileIdentity
    let source: any ByteSource
    /// nil where the output is the input under another name.
    let plan: Plan?
    let isArchive: Bool

    /// Removes the input, if the output is what it should be. Where the input can't go the record says why: the output is
    /// right all the same.
    func carryOut(output: FilePath, _ record: inout BatchRecord) throws(SalvageError) {
      if let plan {
        try OutputCheck.check(output, isArchive: isArchive, against: plan, of: source)
      }
      do throws(SalvageError) {
        try found.remove(identity)
        record.isInputDeleted = true
      } catch {
        // Whoever removed it before us has done what we were to do.
        if case .io(.noSuchFileOrDirectory, _) = error.kind { return }
        record.inputKept = Self.reason(error)
        record.isRemovalRefused = true
      }
    }

    private static func reason(_ error: SalvageError) -> String {
      guard case .io(let errno, let call) = error.kind else { return error.words }
      return call == FoundFile.changed
        ? "it has changed since it was read" : "it could not be removed: \(errno)"
    }
  }

  package private(set) var items: [Item] = []
  private var bytes: UInt64 = 0
  private var start: Double = 0
  let largestCount: Int

  init(largestCount: Int) { self.largestCount = largestCount }

  private static let largestBytes: UInt64 = 32 << 20
  private static let longestSeconds = 0.5

  var isDue: Bool {
    items.count >= largestCount || bytes >= Self.largestBytes
      || !items.isEmpty && monotonicSeconds() - start > Self.longestSeconds
  }

  package mutating func add(_ item: Item) {
    if items.isEmpty { start = monotonicSeconds() }
    // The disk begins with it now, while others are being written.
    if case .draft(let output) = item.content { output.beginSync(item.record.outputSize) }
    items.append(item)
    bytes &+= item.weight
  }

  /// Syncs all outputs, names them, syncs their folders, and gives their claims up.
  package mutating func publish(_ claims: FileClaims) -> [BatchRecord] {
    defer {
      items = []
      bytes = 0
    }
    let drafts = items.map { item -> OutputFile? in
      if case .draft(let output) = item.content { output } else { nil }
    }
    let sync = GroupSync(of: drafts.compactMap { $0 })
    for index in items.indices {
      attempt(index) { _ throws(SalvageError) in
        if let draft = drafts[index] { try sync.finish(draft) }
      }
    }
    for index in items.indices {
      attempt(index) { item throws(SalvageError) in
        if case .draft(let output) = item.content { try output.takeName() }
      }
    }
    var folders: Set<FilePath> = []
    for item in items where item.record.error == nil {
      let path = item.content.path
      if folders.insert(path.removingLastComponent()).inserted { OutputFile.syncFolder(of: path) }
    }
    for index in items.indices {
      attempt(index) { item throws(SalvageError) in
        guard let removal = item.removal else { return }
        try removal.carryOut(output: item.content.path, &item.record)
      }
    }
    for item in items { claims.release(item.claim) }
    return items.map { $0.record.failing($0.readFailure) }
  }

  /// Does something with an item that has not failed so far.
  private mutating func attempt(
    _ index: Int, _ work: (inout Item) throws(SalvageError) -> Void
  ) {
    guard items[index].record.error == nil else { return }
    do throws(SalvageError) {
      try work(&items[index])
    } catch {
      items[index].record.fail(error)
    }
  }
}

extension BatchRecord {
  /// The same, but no success where its input could not be read to its end. The output is there nevertheless.
  package func failing(_ failure: SalvageError?) -> BatchRecord {
    guard let failure, error == nil else { return self }
    var record = self
    record.error = failure
    record.outcome = .failed
    return record
  }

  package mutating func fail(_ error: SalvageError) {
    self.error = error
    outcome = error.isOutOfSpace ? .unfinished : .failed
    outputSize = 0
  }
}
