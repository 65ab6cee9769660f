package import ELFCore

/// The process as the surviving notes tell it.
package struct ProcessSnapshot: Sendable {
  package var threads: [ThreadStatus] = []
  package var info: ProcessInfo?
  package var signalInfo: SignalInfo?
  package var auxiliaryVector: AuxiliaryVector?
  package var mappedFiles: MappedFiles?

  /// A core's NT_FILE has at most 4 MiB by default (`core_file_note_size_limit`); one far above is not read.
  static let largestDescriptor: UInt64 = 64 << 20

  package init(_ structure: CoreStructure, _ source: any ByteSource) throws(SalvageError) {
    let format = structure.format
    let notes = structure.programHeaders.first { $0.kind == .note }
    isFirstKnown = structure.notes.first.map { $0.fileOffset == notes?.fileOffset } ?? false
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
        let thread = ThreadStatus(descriptor, machine: structure.header.machine, in: format)
        if let thread { threads.append(thread) }
      case .processInfo: info = info ?? ProcessInfo(descriptor, in: format)
      case .signalInfo:
        signalInfo =
          signalInfo ?? SignalInfo(descriptor, machine: structure.header.machine, in: format)
      case .auxiliaryVector:
        auxiliaryVector = auxiliaryVector ?? AuxiliaryVector(descriptor, in: format)
      case .mappedFiles: mappedFiles = mappedFiles ?? MappedFiles(descriptor, in: format)
      default: break
      }
    }
  }

  /// The signal that ended the process: that of its first thread.
  package var signal: UInt16? { threads.first?.signal }

  /// By its note; else the thread that crashed stands for it, where that one's note is the first.
  package var processID: UInt32? { info?.id ?? (isFirstKnown ? threads.first?.id : nil) }

  /// Whether the first of the threads is the one that the core begins with.
  private var isFirstKnown = false

  /// The program's path: the mapped file that holds its program headers or its entry; else its short name.
  package var programPath: [UInt8]? {
    let files = mappedFiles?.entries ?? []
    for key in [AuxiliaryVector.Key.programHeaders, .entry] {
      guard let address = auxiliaryVector?[key] else { continue }
      if let entry = files.first(where: { $0.range.contains(address) }) { return entry.path }
    }
    return info?.name
  }
}

extension Note {
  /// Whether it is one of the kernel's about the process: `CORE` owns those in Linux cores.
  package var isProcessNote: Bool { owner == Array("CORE".utf8) }
}
