internal import CoreIO
internal import ELFCore

/// What the notes of a captured core tell of its capture.
package struct CaptureNotes: Sendable {
  /// nil where the CAPTURE note is none that we understand.
  package let record: CaptureRecord?
  /// What the process had and the capture could not save, in the order of the note.
  package let lost: [LostRange]
  /// Whether the note that lists it is missing or damaged: then more may be lost.
  package let isDamaged: Bool

  /// nil for a core that was not captured.
  init?(_ structure: CoreStructure, _ source: any ByteSource) throws(SalvageError) {
    guard structure.isCaptured,
      let capture = PriorRepair.all(in: structure, source).first(where: \.isCapture)
    else { return nil }
    record = try capture.capture()
    let note = try capture.lost()
    lost = note?.ranges ?? []
    isDamaged = note?.isDamaged ?? true
  }

  /// Whether it may still be under way, or was broken off: then spare program headers are no damage.
  var isUnfinished: Bool { record.map { $0.state != .done } ?? false }

  /// Whether it saved all that the process had, as far as its notes tell.
  package var isComplete: Bool {
    record?.partialThreads == nil && reasons.allSatisfy { $0.kind != .missing }
  }

  /// What speaks against the core being whole. What was damaged since is no affair of the capture.
  var reasons: [CoreVerdict.Reason] {
    var reasons: [CoreVerdict.Reason] = []
    if !lost.isEmpty {
      let size = lost.total(\.length)
      reasons.append(
        .init(.missing, "When it was captured, \(ByteCount(size)) of it could not be saved."))
    }
    if let count = record?.partialThreads {
      let threads =
        count == 0
        ? ""
        : ": of \(Self.threads(count)) only the program counter and the stack pointer are known"
      reasons.append(.init(.notes, "A kill cut its notes when it was captured\(threads)."))
    }
    // Who completes the notes of a capture that was broken off lists all that is missing.
    if lost.isEmpty, isUnfinished, record?.wasInterrupted == false {
      reasons.append(
        .init(.missing, "Its capture has not come to its end: what is missing is not known."))
    }
    if isDamaged {
      reasons.append(
        .init(
          .notes,
          "The record of what its capture could not save is damaged: more may be lost than it says."
        ))
    }
    if record == nil {
      reasons.append(
        .init(.notes, "The note that tells of its capture is damaged.", isDamage: false))
    }
    return reasons
  }

  private static func threads(_ count: UInt32) -> String {
    count == 1 ? "one thread" : "\(count) threads"
  }

  /// The lost ranges as losses of the file.
  var losses: [DamageMap.Extent] { lost.compactMap(\.extent) }
}

extension LostRange {
  /// Where it stands in the due file, and why it is lost; nil where it has no place that can be named.
  package var extent: DamageMap.Extent? {
    let (end, overflow) = fileOffset.addingReportingOverflow(length)
    guard !overflow, length > 0 else { return nil }
    return DamageMap.Extent(range: fileOffset..<end, cause: cause)
  }
}
