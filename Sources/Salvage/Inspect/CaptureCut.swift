internal import CoreIO
internal import CoreModel

/// Why a capture could not save all of a process: its notes tell it, so nothing has to be guessed from the file.
struct CaptureCut {
  private(set) var causes: [CutCause] = []
  /// What was lost though nobody ended the process, in words; nil where there is nothing to say of that.
  private(set) var doubt: String?

  init(_ capture: CaptureNotes) {
    let reasons = Set(capture.lost.map(\.cause))
    let record = capture.record
    if reasons.contains(.gone) || record?.partialThreads != nil, let kill = record?.kill {
      causes.append(CutCause(.killed, .certain, [kill.sentence]))
    }
    if reasons.contains(.noRoom) {
      causes.append(
        CutCause(
          .noSpace, .certain,
          ["The notes of its capture say that there was no room left for part of its memory."]))
    }
    guard causes.isEmpty, let record else { return }
    if record.wasInterrupted {
      doubt = "The daemon that captured it was killed: what it had not read by then is lost."
    } else if record.state != .done {
      doubt =
        "It is not finished: the daemon that captures it is still at work on it, or was killed."
    }
  }
}
