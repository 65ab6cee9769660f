internal import ELFCore

/// Looks for what no length shows: notes that contradict each other, and bytes that can't be what the process had.
struct Sanity {
  private(set) var findings: [Inspection.Finding] = []

  private let parts: Inspection.Parts
  private let inspection: Inspection

  /// Of many alike, so many are named.
  private static let mostNamed = 3

  init(_ parts: Inspection.Parts, _ inspection: Inspection) {
    self.parts = parts
    self.inspection = inspection
    checkStacks()
    checkZeros()
    checkNotes()
    checkAddresses()
    checkLength()
  }

  private mutating func note(_ text: String, isDamage: Bool = false) {
    findings.append(Inspection.Finding(text: text, isDamage: isDamage))
  }

  /// "thread 12", "threads 12, 13, 14 and 7 more".
  private static func words(_ ids: [UInt32]) -> String {
    let named = ids.prefix(mostNamed).map(String.init).joined(separator: ", ")
    let more = ids.count > mostNamed ? " and \(ids.count - mostNamed) more" : ""
    return (ids.count == 1 ? "thread " : "threads ") + named + more
  }

  private mutating func checkStacks() {
    var byRemark: [String: [UInt32]] = [:]
    for thread in inspection.threads {
      guard let remark = thread.stack?.remark else { continue }
      byRemark[remark, default: []].append(thread.id)
    }
    for (remark, ids) in byRemark.sorted(by: { $0.key < $1.key }) {
      note("The stack of \(Self.words(ids)): \(remark).")
    }
    let lost = inspection.threads.filter {
      $0.programCounter != nil && $0.programCounter != 0 && $0.location.module == nil
        && parts.memory.segment(at: $0.programCounter ?? 0) == nil
    }
    // Another system's dump may leave code out.
    guard !lost.isEmpty, parts.process.writer.isLinuxProcess,
      parts.structure.sizeFound >= parts.structure.tableRange.upperBound
    else {
      return
    }
    note("The program counter of \(Self.words(lost.map(\.id))) is outside all segments.")
  }

  /// The vdso, the main stack and the header page of a module are never zeros in a process.
  private mutating func checkZeros() {
    let auxiliary = parts.process.auxiliaryVector
    if let vdso = auxiliary?[.vdso], isZero(vdso) {
      note("The vdso reads as zeros.", isDamage: true)
    }
    if let name = auxiliary?[.executableName], isZero(name),
      inspection.threads.contains(where: { thread in
        thread.stackPointer.map {
          parts.memory.index(at: $0) == parts.memory.index(at: name) && isZero($0)
        } ?? false
      })
    {
      note("The main stack reads as zeros.", isDamage: true)
    }
    let modules = inspection.modules.filter {
      $0.path.first == UInt8(ascii: "/") && isZero($0.base)
    }
    if let first = modules.first {
      let more = modules.count > 1 ? " and of \(modules.count - 1) more modules" : ""
      note(
        "The header page of \(PrintableText(first.path))\(more) reads as zeros.", isDamage: true)
    }
  }

  /// Whether the bytes at an address survive up to the end of their page, and are all zeros.
  private func isZero(_ address: UInt64) -> Bool {
    let count = Int(inspection.pageSize - address % inspection.pageSize)
    let bytes = parts.memory.readable(at: address, count: count)
    return bytes.count == count && bytes.allSatisfy { $0 == 0 }
  }

  private mutating func checkNotes() {
    let process = parts.process
    let ids = process.threads.map(\.id)
    if Set(ids).count < ids.count { note("Two notes are of a thread with the same id.") }
    if let info = process.signalInfo, let signal = process.signal, signal != 0,
      info.signal != Int32(signal)
    {
      note("NT_SIGINFO tells of signal \(info.signal), NT_PRSTATUS of \(signal).")
    }
    // The main thread may have ended before the others; then its id is no thread's.
    if let info = process.info, info.id != 0, !ids.isEmpty, !ids.contains(info.id),
      !parts.structure.notesAreCut
    {
      note(
        "No thread has the process's id \(info.id): the main thread had ended before."
      )
    }
    if parts.structure.notesAreCut, parts.report.notesLost == 0 {
      note("The notes hold something that is no whole note.", isDamage: true)
    }
  }

  private mutating func checkAddresses() {
    let structure = parts.structure
    guard structure.sizeFound >= structure.tableRange.upperBound else { return }
    let names: [(AuxiliaryVector.Key, String)] = [
      (.programHeaders, "AT_PHDR"), (.entry, "AT_ENTRY"), (.vdso, "AT_SYSINFO_EHDR"),
      (.random, "AT_RANDOM"),
    ]
    let outside = names.filter { key, _ in
      guard let address = parts.process.auxiliaryVector?[key], address != 0 else { return false }
      return parts.memory.index(at: address) == nil
    }
    if !outside.isEmpty {
      note(
        "NT_AUXV names addresses outside all segments: \(outside.map(\.1).joined(separator: ", "))."
      )
    }
    let overlaps = zip(parts.memory.segments, parts.memory.segments.dropFirst()).count {
      $0.addressEnd > $1.address
    }
    if overlaps > 0 { note("\(overlaps) segments overlap the one after them in memory.") }
  }

  private mutating func checkLength() {
    guard let due = parts.structure.sizeDue else {
      return note("The headers name a size that no file can have.")
    }
    let found = parts.structure.sizeFound
    if found > due { note("The file has \(found - due) bytes more than the headers tell of.") }
  }
}
