package import ELFCore

/// Who wrote a core, by the owners of its notes and by their order: which notes there are at all, where each stands, and
/// what is in it depend on that. The raw value is its name in JSON.
public enum CoreWriter: String, Hashable, Sendable {
  /// The kernel, or what writes as it does: QEMU's user mode, WSL, gVisor.
  case linux
  /// A handler that makes a file with sections of what the kernel gives it: minicoredumper, ECFS.
  case handler
  /// gdb.
  case gcore
  /// valgrind.
  case valgrind
  /// .NET's createdump.
  case createdump
  /// The kernel of FreeBSD.
  case freeBSD = "freebsd"
  /// The kernel of NetBSD.
  case netBSD = "netbsd"
  /// The kernel of OpenBSD.
  case openBSD = "openbsd"
  /// The kernel of Solaris or illumos.
  case solaris
  /// humility, or the dump agent of Hubris.
  case hubris
  /// esp-coredump, of an ESP32.
  case espCoredump = "esp-coredump"
  /// The kernel's own memory: /proc/vmcore, /proc/kcore, makedumpfile -E.
  case kdump
  /// The memory of a guest: QEMU's dump-guest-memory, Xen's dump-core.
  case guest
  /// Nobody whose notes we know.
  case unknown

  /// Every writer's first notes tell; of a hostile core's millions no more are looked at.
  private static let mostNotes = 4096

  /// - Parameter isOrdered: whether the first of the notes is the first that was written.
  package init(
    _ notes: [Note], osABI: UInt8, hasSections: Bool, hasKernelMemory: Bool, isOrdered: Bool = true
  ) {
    let theirs = notes.prefix(Self.mostNotes).lazy.filter { $0.owner != SalvageNote.owner }
    if let note = theirs.first(where: { Self.owned($0) != nil }), let writer = Self.owned(note),
      // Beside notes of Linux those of types of Solaris are damaged.
      writer != .solaris || !theirs.contains(where: { $0.owner == KnownNotes.linux })
    {
      self = writer
      return
    }
    guard !hasKernelMemory else {
      self = .kdump
      return
    }
    let first = theirs.filter(\.isProcessNote).prefix(2).map(\.kind)
    guard isOrdered, theirs.first?.isProcessNote ?? true || first.first == .threadStatus else {
      self = .unknown
      return
    }
    switch first.first {
    case .processInfo where hasSections: self = .gcore
    case .processInfo where first.dropFirst().first == .auxiliaryVector: self = .createdump
    case .processInfo where theirs.contains { $0.isProcessNote && $0.kind == .auxiliaryVector }:
      self = .gcore
    case .processInfo: self = first.count == 2 ? .valgrind : .unknown
    case .threadStatus: self = hasSections ? .handler : .linux
    default: self = osABI == 9 ? .freeBSD : .unknown
    }
  }

  /// What a note tells by its owner alone.
  private static func owned(_ note: Note) -> CoreWriter? {
    // Nearly all notes have one of these owners, and tell nothing by it.
    guard !note.isProcessNote else { return ownedByKind(note) }
    guard note.owner != KnownNotes.linux else { return nil }
    // `OpenBSD@229157`: the thread comes after the owner.
    let owner = note.owner.prefix { $0 != UInt8(ascii: "@") }
    switch String(decoding: owner, as: UTF8.self) {
    case "FreeBSD": return .freeBSD
    case "NetBSD-CORE": return .netBSD
    case "OpenBSD": return .openBSD
    case "Oxide Computer Company": return .hubris
    case "VMCOREINFO", "VMCOREINFO_XEN": return .kdump
    case "QEMU", "Xen": return .guest
    case "ESP_CORE_DUMP_INFO", "ESP_EXTRA_INFO": return .espCoredump
    case "CORE": return ownedByKind(note)
    default: return nil
    }
  }

  /// The same of a note of `CORE`.
  private static func ownedByKind(_ note: Note) -> CoreWriter? {
    // esp-coredump counts the padding after the name.
    if note.ownerSize == 8 { return .espCoredump }
    // Solaris has notes of many more kinds; what Linux has of small numbers are 1 to 4 and 6.
    return note.kind.rawValue == 5 || (7...29).contains(note.kind.rawValue) ? .solaris : nil
  }

  /// Whether `CORE` notes are those that Linux has, so that we read them.
  package var hasLinuxNotes: Bool {
    switch self {
    case .freeBSD, .netBSD, .openBSD, .solaris, .hubris: false
    default: true
    }
  }

  /// Whether it is the dump of a process of Linux, with a program and libraries.
  package var isLinuxProcess: Bool {
    switch self {
    case .linux, .handler, .gcore, .valgrind, .createdump, .unknown: true
    default: false
    }
  }

  /// Whether every thread has an id. valgrind writes 0, as others do for a processor without a process.
  package var givesThreadIDs: Bool { self == .linux || self == .gcore }

  /// Whether it is the memory of a machine, and its threads are processors.
  package var isMachine: Bool { self == .kdump || self == .guest }

  /// Whether the kernel wrote the file itself, or into a pipe: then the cut tells of how that ended.
  package var isKernel: Bool { self == .linux || self == .unknown }

  /// What it is, where it is no Linux process by Linux' kernel; nil for that.
  public var words: String? {
    switch self {
    case .linux, .unknown: nil
    case .handler: "a Linux process, by a core_pattern handler that writes sections"
    case .gcore: "a Linux process, by gdb's gcore"
    case .valgrind: "a Linux process, by valgrind"
    case .createdump: "a Linux process, by createdump, which gives SIGABRT to living ones, too"
    case .freeBSD: "a process of FreeBSD"
    case .netBSD: "a process of NetBSD"
    case .openBSD: "a process of OpenBSD"
    case .solaris: "a process of Solaris"
    case .hubris: "Hubris, by humility or its dump agent"
    case .espCoredump: "an ESP32's tasks, by esp-coredump"
    case .kdump: "a kernel's memory (kdump), not a process: crash(8) reads it"
    case .guest: "a guest's memory, by its hypervisor: crash(8) reads it"
    }
  }

  /// The system whose notes they are, where we don't read them.
  package var foreignSystem: String? {
    switch self {
    case .freeBSD: "FreeBSD"
    case .netBSD: "NetBSD"
    case .openBSD: "OpenBSD"
    case .solaris: "Solaris"
    case .hubris: "Hubris"
    default: nil
    }
  }

  /// Those of them that tell of the process in a form that we know.
  package var foreignProcess: ForeignProcess.System? {
    switch self {
    case .freeBSD: .freeBSD
    case .netBSD: .netBSD
    case .openBSD: .openBSD
    default: nil
    }
  }

  /// How many threads stand in notes that we carry through and don't read.
  package func foreignThreads(in notes: [Note]) -> Int {
    func count(_ isThread: (Note) -> Bool) -> Int { notes.count(where: isThread) }
    switch self {
    case .freeBSD: return count { $0.kind == .threadStatus && $0.owner == Array("FreeBSD".utf8) }
    case .netBSD, .openBSD:
      // Each thread has an owner of its own.
      return Set(notes.lazy.map(\.owner).filter { $0.contains(UInt8(ascii: "@")) }).count
    case .solaris:
      // NT_LWPSTATUS; the old form of the same core has NT_PRSTATUS.
      let threads = count { $0.kind.rawValue == 16 && $0.isProcessNote }
      return threads > 0 ? threads : count { $0.kind == .threadStatus && $0.isProcessNote }
    case .hubris: return count { $0.kind.rawValue == 0x1de0_0003 }
    default: return 0
    }
  }

  /// Where in its order a note stands; nil where it never writes one.
  fileprivate func rank(of kind: Note.Kind) -> Int? {
    let order: [[Note.Kind]]
    switch self {
    case .gcore:
      order = [[.processInfo], [.threadStatus, .signalInfo], [.auxiliaryVector], [.mappedFiles]]
    case .valgrind: order = [[.processInfo], [.threadStatus]]
    case .createdump:
      order = [[.processInfo], [.auxiliaryVector], [.mappedFiles], [.threadStatus, .signalInfo]]
    case .linux, .handler:
      // The first thread comes before all, and the others after.
      order = [
        [], [.processInfo], [.signalInfo], [.auxiliaryVector], [.mappedFiles], [.threadStatus],
      ]
    case .espCoredump, .kdump, .guest: order = [[.threadStatus]]
    case .freeBSD, .netBSD, .openBSD, .solaris, .hubris, .unknown: return 0
    }
    return order.firstIndex { $0.contains(kind) }
  }
}

/// What may be lost of the notes. A note that is missing is called lost only where damage stands at its place.
package struct NoteLoss: Hashable, Sendable {
  package let writer: CoreWriter
  /// Whether anything of the notes is lost.
  package let isAny: Bool
  /// The rank of the last note before the damage; a note of a lower one would have come before it.
  private let rankBefore: Int

  package init(_ core: borrowing Core) {
    let (structure, damage) = (core.structure, core.damage)
    writer = core.process.writer
    // What an earlier repair had written at the end still stands where it stood before.
    guard !structure.notesAreMerged, let start = Self.start(structure, damage) else {
      isAny = false
      rankBefore = 0
      return
    }
    isAny = true
    let before = structure.notes.prefix { $0.fileOffset < start }
    var rank = 0
    for (index, note) in before.enumerated() {
      // What is no process note, registers of a kind as a rule, comes after a thread and tells nothing else.
      guard note.isProcessNote, let own = writer.rank(of: note.kind) else { continue }
      let isFirst = index == 0 && note.kind == .threadStatus
      rank = max(rank, isFirst && (writer == .linux || writer == .handler) ? 0 : own)
    }
    // Floating-point registers follow the notes of the process.
    if writer == .linux || writer == .handler, before.contains(where: { $0.kind.rawValue == 2 }) {
      rank = max(rank, writer.rank(of: .threadStatus) ?? 0)
    }
    rankBefore = rank
  }

  /// Where the first damage of the notes is; nil where there is none.
  private static func start(_ structure: CoreStructure, _ damage: DamageMap) -> UInt64? {
    let segments = structure.programHeaders.filter { $0.kind == .note && $0.fileSize > 0 }
    // Where the header that names the notes is gone, all of them may be.
    if segments.isEmpty, !damage.survives(structure.tableRange) { return 0 }
    let lost = segments.compactMap { segment in
      damage.extents(in: segment.fileOffset..<(segment.fileEnd ?? .max))
        .first { $0.cause != nil }?.range.lowerBound
    }.min()
    if let lost { return lost }
    // Damage of which no length tells begins behind the last note that was read.
    guard structure.notesAreCut || structure.notesAreFound else { return nil }
    return structure.notes.last?.fileEnd ?? 0
  }

  /// Whether a note of that kind may have been there, and is lost.
  package func mayHold(_ kind: Note.Kind) -> Bool {
    guard isAny, let rank = writer.rank(of: kind) else { return false }
    return rank >= rankBefore
  }
}
