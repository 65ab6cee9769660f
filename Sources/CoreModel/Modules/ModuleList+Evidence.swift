internal import CoreIO
internal import ELFCore

extension ModuleList {
  /// From this size on, a layout tells enough to overlook that the file was put here later: small libraries share theirs
  /// with others. Of 547 system files, 64 % had one of their own; of those of a MiB and more, 59 of 61.
  private static let tellingSize: UInt64 = 1 << 20

  /// Weighs the files that no build-id vouches for by what the memory tells of them, and leaves out those that it speaks
  /// against: first by what is their own, so that none of those is asked about others.
  mutating func weigh(_ process: ProcessSnapshot) {
    let asked = modules.indices.filter {
      modules[$0].file != nil && modules[$0].verdict.verification != .buildID
    }
    let search = EvidenceSearch(self, asked, process)
    var found = search.ownEvidence()
    for index in asked {
      if let reason = found[index]?.contradiction(modules[index].subject) {
        leaveOut(index, reason)
      }
    }
    search.askOthers(witnesses(found), &found)
    for index in asked where modules[index].file != nil {
      let module = modules[index]
      let evidence = found[index] ?? FileEvidence()
      if let reason = evidence.contradiction(module.subject) ?? objection(to: module, evidence) {
        leaveOut(index, reason)
        continue
      }
      let words = [module.verdict.remark, evidence.words].filter { !$0.isEmpty }
      modules[index].verdict = ModuleVerdict(
        evidence.verification(module.verdict.verification), words.joined(separator: "; "))
    }
  }

  /// The modules whose pointers tell of others: more than the layout of their files is known, and nothing speaks against
  /// them.
  private func witnesses(_ found: [Int: FileEvidence]) -> [Module] {
    modules.enumerated().filter { index, module in
      switch module.verdict.verification {
      case .buildID: true
      case .headerPage: objection(to: module, found[index] ?? FileEvidence()) == nil
      default: false
      }
    }.map(\.element)
  }

  /// What speaks against a file beside the memory: that another is known to have taken its place, and its times.
  private func objection(to module: Module, _ evidence: FileEvidence) -> String? {
    guard let file = module.file, evidence.hasSameBuildID != true else { return nil }
    let hasPage = module.verdict.verification == .headerPage
    // What somebody named was put here by them: it took nobody's place, and its times are those of a copy.
    if hasPage, module.subject != .here { return nil }
    if module.isDeleted, !evidence.isEnoughForDeleted {
      return module.subject == .here
        ? "deleted: nothing tells that the file which has its name now is the same"
        : "deleted: nothing tells that \(module.subject.words) is the same"
    }
    guard let coreWritten else { return nil }
    let name = module.subject == .here ? "" : module.subject.words + " was "
    if file.identity.modified > coreWritten { return name + "written to since the core was" }
    let size = module.mappings.total(\.range.length)
    let page = hasPage ? "first page" : "layout"
    if file.identity.changed > coreWritten, size < Self.tellingSize, !evidence.isEnough {
      return name + "put here since the core was written, and too small to be told by its \(page)"
    }
    return nil
  }

  /// Nothing of the file is used any more.
  private mutating func leaveOut(_ index: Int, _ reason: String) {
    modules[index].file = nil
    modules[index].isAnother = true
    guard !modules[index].hasHeadersInCore else {
      modules[index].verdict = ModuleVerdict(.core, reason)
      return
    }
    modules[index].headers = nil
    modules[index].bias = 0
    modules[index].verdict = ModuleVerdict(.leftOut, reason)
  }
}
