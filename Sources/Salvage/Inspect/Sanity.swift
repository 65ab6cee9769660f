internal import CoreModel
internal import ELFCore

/// What no length shows: the reasons of the verdict, and what contradicts each other and is no proof of damage.
struct Sanity {
  private(set) var findings: [Inspection.Finding] = []

  private let core: Core
  private let inspection: Inspection

  init(_ core: Core, _ inspection: Inspection) {
    self.core = core
    self.inspection = inspection
    findings = inspection.report.verdict.reasons
      .filter { ![.missing, .slim].contains($0.kind) }
      .map { Inspection.Finding(text: $0.text, isDamage: $0.isDamage) }
    checkStacks()
    checkNotes()
    checkAddresses()
    checkLength()
  }

  private mutating func note(_ text: String) {
    findings.append(Inspection.Finding(text: text, isDamage: false))
  }

  private mutating func checkStacks() {
    var byRemark: [String: [UInt32]] = [:]
    for thread in inspection.threads {
      guard let stack = thread.stack, let remark = stack.remark, !stack.readsAsZeros else {
        continue
      }
      byRemark[remark, default: []].append(thread.id)
    }
    for (remark, ids) in byRemark.sorted(by: { $0.key < $1.key }) {
      note("The stack of \(ContentEvidence.words(ids)): \(remark).")
    }
    let lost = inspection.threads.filter {
      $0.programCounter != nil && $0.programCounter != 0 && $0.location.module == nil
        && core.memory.segment(at: $0.programCounter ?? 0) == nil
    }
    // Another system's dump may leave code out, and so does a slim core.
    guard !lost.isEmpty, core.process.writer.isLinuxProcess, !core.structure.isSlim,
      core.structure.sizeFound >= core.structure.tableRange.upperBound
    else {
      return
    }
    note("The program counter of \(ContentEvidence.words(lost.map(\.id))) is outside all segments.")
  }

  private mutating func checkNotes() {
    let process = core.process
    let ids = process.threads.map(\.id)
    if Set(ids).count < ids.count { note("Two notes are of a thread with the same id.") }
    if let info = process.signalInfo, let signal = process.signal, signal != 0,
      info.signal != Int32(signal)
    {
      note("NT_SIGINFO tells of signal \(info.signal), NT_PRSTATUS of \(signal).")
    }
    // The main thread may have ended before the others; then its id is no thread's.
    if let info = process.info, info.id != 0, !ids.isEmpty, !ids.contains(info.id),
      !core.structure.notesAreCut
    {
      note(
        "No thread has the process's id \(info.id): the main thread had ended before."
      )
    }
  }

  private mutating func checkAddresses() {
    let structure = core.structure
    guard structure.sizeFound >= structure.tableRange.upperBound, !structure.isSlim else { return }
    let names: [(AuxiliaryVector.Key, String)] = [
      (.programHeaders, "AT_PHDR"), (.entry, "AT_ENTRY"), (.vdso, "AT_SYSINFO_EHDR"),
      (.random, "AT_RANDOM"),
    ]
    let outside = names.filter { key, _ in
      guard let address = core.process.auxiliaryVector?[key], address != 0 else { return false }
      return core.memory.index(at: address) == nil
    }
    if !outside.isEmpty {
      note(
        "NT_AUXV names addresses outside all segments: \(outside.map(\.1).joined(separator: ", "))."
      )
    }
    let segments = core.memory.segments
    let overlaps = segments.indices.dropFirst().count {
      segments[$0 - 1].addressEnd > segments[$0].address
    }
    if overlaps > 0 {
      note(
        overlaps == 1
          ? "1 segment overlaps the one after it in memory."
          : "\(overlaps) segments overlap the one after them in memory.")
    }
  }

  private mutating func checkLength() {
    guard core.structure.sizeDue == nil else { return }
    note("The headers name a size that no file can have.")
  }
}
