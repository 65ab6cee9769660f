internal import CoreIO
internal import ELFCore

/// Why it isn't known which mapped file is the program: what of the notes is missing, and whether that is lost or never was.
package struct ProgramAbsence {
  package let words: String

  package init(_ list: ModuleList, _ process: ProcessSnapshot, _ loss: NoteLoss) {
    func missing(_ kind: Note.Kind, _ name: String) -> String {
      // Whether its writer made one is known only where all notes are there.
      loss.mayHold(kind)
        ? "\(name) is not among the notes that survived" : "the core has no \(name)"
    }
    guard process.writer.isLinuxProcess else {
      words = "it is made for processes of Linux alone"
      return
    }
    let vector = process.auxiliaryVector
    guard let address = vector?[.programHeaders] ?? vector?[.entry] else {
      words = missing(.auxiliaryVector, "NT_AUXV") + ", which tells where the program is"
      return
    }
    guard let files = process.mappedFiles else {
      let named = list.modules.first { $0.verdict.verification == .leftOut }
      words =
        named.map { "\(PrintableText($0.path)): \($0.verdict.remark)" }
        ?? missing(.mappedFiles, "NT_FILE")
        + ", which names the files; --program names the program"
      return
    }
    let isMapped = files.entries.contains { $0.range.contains(address) }
    words =
      isMapped
      ? "the program is mapped otherwise than its headers ask for"
      : "NT_FILE has no file where the program's headers are"
  }
}

extension CoreMemory {
  /// What to say of memory that can't be read.
  package func absence(of range: Range<UInt64>) -> String {
    fates(of: range).contains { $0.fate == .lost } ? "lost" : "not in the dump"
  }
}
