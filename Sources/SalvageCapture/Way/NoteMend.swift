internal import CoreIO
internal import CoreModel
internal import ELFCore

/// Brings the kernel's notes to an end where a kill has cut them: the whole ones stay, and threads whose registers didn't come
/// get those two that /proc had shown.
struct NoteMend {
  /// What goes behind the whole notes.
  private(set) var added: [UInt8] = []
  /// Where the whole notes end.
  private(set) var keptEnd: UInt64
  /// How many threads have two registers only.
  private(set) var threadCount = 0
  /// Whether there is a thread to show: no debugger opens a core without one.
  private(set) var hasThreads = false

  /// - Parameter notes: the program header of the notes, which must have begun.
  /// - Parameter end: how far they came.
  init(
    _ source: InputFile, _ header: FileHeader, _ notes: ProgramHeader, end: UInt64,
    _ standIn: StandIn
  ) throws(SalvageError) {
    let format = header.format
    keptEnd = notes.fileOffset
    var known: Set<UInt32> = []
    var statusSize: Int?
    var hasVector = false
    while keptEnd < end {
      let head = try source.bytes(at: keptEnd, count: Note.headerSize)
      guard let ownerSize = head.span.integer(at: 0, size: 4, format.byteOrder),
        let size = head.span.integer(at: 4, size: 4, format.byteOrder),
        let kind = head.span.integer(at: 8, size: 4, format.byteOrder)
      else { break }
      let descriptor = keptEnd + UInt64(Note.headerSize) + roundUp(ownerSize, to: 4)
      let next = descriptor + roundUp(size, to: 4)
      guard next <= end else { break }
      switch Note.Kind(rawValue: UInt32(kind)) {
      case .threadStatus:
        let bytes = try source.bytes(
          at: descriptor, count: Int(min(size, UInt64(ThreadStatus.readableSize))))
        let status = ThreadStatus(
          bytes.span, machine: header.machine, flags: header.flags, in: format)
        if let status { known.insert(status.id) }
        statusSize = statusSize ?? Int(size)
      case .auxiliaryVector: hasVector = true
      default: break
      }
      keptEnd = next
    }
    let room = notes.fileOffset +| notes.fileSize
    func append(_ kind: Note.Kind, _ descriptor: [UInt8]) -> Bool {
      var note = Note.header(
        kind: kind, owner: Array("CORE".utf8), descriptorSize: UInt64(descriptor.count), in: format)
      note += descriptor
      note.pad(to: 4)
      guard keptEnd + UInt64(added.count + note.count) <= room else { return false }
      added += note
      return true
    }
    for thread in standIn.threads where !known.contains(thread.id) {
      let descriptor = ThreadStatus.descriptor(
        id: thread.id, programCounter: thread.programCounter, stackPointer: thread.stackPointer,
        size: statusSize, machine: header.machine, flags: header.flags, in: format)
      guard let descriptor, append(.threadStatus, descriptor) else { break }
      threadCount += 1
    }
    if !hasVector, !standIn.auxiliaryVector.isEmpty {
      _ = append(.auxiliaryVector, standIn.auxiliaryVector)
    }
    hasThreads = !known.isEmpty || threadCount > 0
  }
}
