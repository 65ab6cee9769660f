package import CoreIO
package import ELFCore

/// The process as the surviving notes tell it.
package struct ProcessSnapshot: Sendable {
  package var threads: [ThreadStatus] = []
  package var info: ProcessInfo?
  package var signalInfo: SignalInfo?
  package var auxiliaryVector: AuxiliaryVector?
  /// The files as the process had them mapped.
  package var mappedFiles: MappedFiles?
  /// As the core's NT_FILE lists them: a repair takes those out whose data is lost.
  package var listedFiles: MappedFiles?
  /// What another system's notes say of the process.
  package var foreign: ForeignProcess?
  package let writer: CoreWriter

  /// A core's NT_FILE has at most 4 MiB by default (`core_file_note_size_limit`); one far above is not read.
  static let largestDescriptor: UInt64 = 64 << 20

  package init(_ structure: CoreStructure, _ source: any ByteSource) throws(SalvageError) {
    let format = structure.format
    isBigEndian = format.byteOrder == .big
    isFirstKnown = Self.beginsWithThread(structure)
    writer = structure.writer
    guard writer.hasLinuxNotes else {
      foreign = try Self.foreign(writer, structure, source)
      return
    }
    var window = ByteWindow(source)
    for note in structure.notes where note.isProcessNote {
      let limit =
        note.kind == .threadStatus ? UInt64(ThreadStatus.readableSize) : Self.largestDescriptor
      guard note.kind == .threadStatus || note.descriptorSize <= limit else { continue }
      let bytes = try window.bytes(
        at: note.descriptorOffset, count: Int(min(note.descriptorSize, limit)))
      let descriptor = bytes.span
      switch note.kind {
      case .threadStatus:
        let thread = ThreadStatus(
          descriptor, machine: structure.header.machine, flags: structure.header.flags, in: format)
        if let thread { threads.append(thread) }
      case .processInfo: info = info ?? ProcessInfo(descriptor, in: format)
      case .signalInfo:
        signalInfo =
          signalInfo ?? SignalInfo(descriptor, machine: structure.header.machine, in: format)
      case .auxiliaryVector:
        auxiliaryVector = auxiliaryVector ?? AuxiliaryVector(descriptor, in: format)
      case .mappedFiles: listedFiles = listedFiles ?? MappedFiles(descriptor, in: format)
      default: break
      }
    }
    mappedFiles = listedFiles
    if let note = structure.originalFiles, note.descriptorSize <= Self.largestDescriptor {
      let bytes = try source.bytes(at: note.descriptorOffset, count: Int(note.descriptorSize))
      mappedFiles = MappedFiles(bytes.span, in: format) ?? listedFiles
    }
  }

  /// Another system's note of the process.
  private static func foreign(
    _ writer: CoreWriter, _ structure: CoreStructure, _ source: any ByteSource
  ) throws(SalvageError) -> ForeignProcess? {
    guard let system = writer.foreignProcess else { return nil }
    func descriptor(_ kind: Note.Kind) throws(SalvageError) -> [UInt8]? {
      let note = structure.notes.first {
        $0.kind == kind && !$0.isProcessNote && $0.owner != SalvageNote.owner
      }
      guard let note else { return nil }
      let size = min(note.descriptorSize, UInt64(ForeignProcess.readableSize))
      return try source.bytes(at: note.descriptorOffset, count: Int(size))
    }
    guard let bytes = try descriptor(ForeignProcess.kind(system)),
      var process = ForeignProcess(bytes.span, of: system, in: structure.format)
    else { return nil }
    if system == .freeBSD, let status = try descriptor(.threadStatus) {
      process.signal = ForeignProcess.freeBSDSignal(status.span, in: structure.format)
    }
    return process
  }

  /// In bytes; 4096 where no note tells.
  package var pageSize: UInt64 { knownPageSize ?? 4096 }

  /// nil where no note tells. AT_PAGESZ comes first: NT_FILE counts in units that writers other than the kernel choose.
  package var knownPageSize: UInt64? {
    // No machine has others; a damaged note may tell anything.
    [auxiliaryVector?[.pageSize], mappedFiles?.pageSize].compactMap(\.self).first {
      (4096...1 << 20).contains($0) && $0.nonzeroBitCount == 1
    }
  }

  /// The signal that ended the process: that of its first thread.
  package var signal: UInt16? { threads.first?.signal ?? foreign?.signal }

  /// By its note; else the thread that crashed stands for it, where that one's note is the first. valgrind's note has 0:
  /// there the only thread tells, and of several none.
  package var processID: UInt32? {
    guard writer.isLinuxProcess || foreign != nil else { return nil }
    if let id = info?.id ?? foreign?.id, id != 0 { return id }
    guard let first = threads.first?.id, first != 0 else { return nil }
    return info == nil ? (isFirstKnown ? first : nil) : threads.count == 1 ? first : nil
  }

  /// nil where it can't be believed: valgrind's note has no ids, and qemu-user 7.2 swaps the halves of a big-endian
  /// target's user, so that 1234 becomes 1234 times 65,536.
  package var userID: UInt32? {
    guard let info else { return foreign?.userID }
    let isSwapped =
      isBigEndian && info.userID > 0 && info.userID & 0xffff == 0 && listedFiles == nil
    return info.id == 0 || isSwapped ? nil : info.userID
  }

  package var commandLine: [UInt8]? { info?.commandLine ?? foreign?.commandLine }

  private let isBigEndian: Bool

  /// Whether the first of the threads is the one that the core began with: the one that the signal ended the process in. The
  /// signal itself stands in the note of every thread.
  package private(set) var isFirstKnown = false

  /// A repaired core begins with the first note that survived, whichever that is: there NT_PRPSINFO, which the kernel writes
  /// behind the first thread's registers, has to show it.
  private static func beginsWithThread(_ structure: CoreStructure) -> Bool {
    let segment = structure.programHeaders.first { $0.kind == .note }
    guard let first = structure.notes.first, first.isProcessNote, first.kind == .threadStatus,
      first.fileOffset == segment?.fileOffset
    else { return false }
    guard structure.wasRepaired else { return true }
    return structure.notes.dropFirst().first.map { $0.isProcessNote && $0.kind == .processInfo }
      ?? false
  }

  /// The program's path: the mapped file that holds its program headers or its entry; else its short name.
  package var programPath: [UInt8]? {
    let files = mappedFiles?.entries ?? []
    for key in [AuxiliaryVector.Key.programHeaders, .entry] {
      guard let address = auxiliaryVector?[key] else { continue }
      if let entry = files.first(where: { $0.range.contains(address) }) { return entry.path }
    }
    let name = info?.name ?? foreign?.name
    return name?.isEmpty == true ? nil : name
  }
}

extension Note {
  /// Whether it is one of the kernel's about the process: `CORE` owns those in Linux cores.
  package var isProcessNote: Bool { owner == KnownNotes.core }
}
