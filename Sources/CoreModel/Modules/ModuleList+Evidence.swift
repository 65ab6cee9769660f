internal import CoreIO
internal import ELFCore

extension ModuleList {
  /// From this size on, a layout tells enough to overlook that the file was put here later: small libraries share theirs
  /// with others. Of 547 system files, 64 % had one of their own; of those of a MiB and more, 59 of 61.
  private static let tellingSize: UInt64 = 1 << 20

  /// Weighs the files of which nothing is known but that their layout fits by what the memory tells of them, and leaves
  /// out those that it speaks against.
  mutating func weigh(_ process: ProcessSnapshot) {
    let search = EvidenceSearch(
      memory: memory, process: process, machine: structure.header.machine, pageSize: pageSize)
    let found = search.evidence(for: modules) { $0.verdict.verification == .layout }
    for index in modules.indices where modules[index].verdict.verification == .layout {
      let evidence = found[index] ?? FileEvidence()
      if let reason = evidence.contradiction(modules[index].subject)
        ?? objection(to: modules[index], evidence)
      {
        leaveOut(index, reason)
        continue
      }
      let words = [modules[index].verdict.remark, evidence.words].filter { !$0.isEmpty }
      modules[index].verdict = ModuleVerdict(
        evidence.hasSameBuildID == true ? .buildID : evidence.isEnough ? .evidence : .layout,
        words.joined(separator: "; "))
    }
  }

  /// What speaks against a file beside the memory: that another is known to have taken its place, and its times.
  private func objection(to module: Module, _ evidence: FileEvidence) -> String? {
    guard let file = module.file, evidence.hasSameBuildID != true else { return nil }
    if module.isDeleted, !evidence.isEnoughForDeleted {
      return module.subject == .here
        ? "deleted: nothing tells that the file which has its name now is the same"
        : "deleted: nothing tells that \(module.subject.words) is the same"
    }
    guard let coreWritten else { return nil }
    let name = module.subject == .here ? "" : module.subject.words + " was "
    if file.identity.modified > coreWritten { return name + "written to since the core was" }
    let size = module.mappings.total(\.range.length)
    if file.identity.changed > coreWritten, size < Self.tellingSize, !evidence.isEnough {
      return name + "put here since the core was written, and too small to be told by its layout"
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
