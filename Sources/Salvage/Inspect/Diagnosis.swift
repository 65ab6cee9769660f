internal import CoreIO
internal import CoreModel
internal import ELFCore

/// Names the causes that a cut fits, the surest first. Pure: facts in, causes out.
///
/// Each cause is judged by itself: a fingerprint that it never leaves rules it out, one that others leave too keeps
/// it possible, and only what nothing else leaves makes it certain.
struct Diagnosis {
  private(set) var causes: [CutCause] = []
  /// What can't be told apart, in words; nil where there is nothing to tell apart.
  private(set) var doubt: String?

  private let facts: CutFacts
  private let around: Surroundings

  init(_ facts: CutFacts, _ surroundings: Surroundings) {
    self.facts = facts
    around = surroundings
    let rules = [
      running, stream, systemdLimit, rlimitFileSize, rlimitCore, noSpace, killed, writeback,
      pipeInterrupted, copy, handler, freezer,
    ]
    causes = rules.compactMap { $0() }
    // How Linux' kernel ends a dump tells nothing of another system's, nor of a kernel's memory.
    if !facts.writer.isLinuxProcess { causes.removeAll { !Self.elsewhere.contains($0.id) } }
    // Where one is certain, the others that stay possible are not what happened.
    if let certain = causes.first(where: { $0.confidence == .certain }) { causes = [certain] }
    // A stable sort: among equals the order of the rules stays.
    causes = causes.enumerated().sorted {
      $0.element.confidence == $1.element.confidence
        ? $0.offset < $1.offset : $0.element.confidence > $1.element.confidence
    }.map(\.element)
    doubt = Self.doubt(causes)
  }

  /// What happens to files on every system.
  private static let elsewhere: Set<CutCause.ID> = [.running, .stream, .noSpace, .copy, .writeback]

  private static func doubt(_ causes: [CutCause]) -> String? {
    guard let first = causes.first, causes.count > 1 else { return nil }
    let top = causes.filter { $0.confidence == first.confidence }.map(\.id.rawValue)
    guard top.count > 1, let last = top.last else {
      return "What is possible besides can't be ruled out by the file alone."
    }
    return "The file alone can't tell \(top.dropLast().joined(separator: ", ")) and \(last) apart."
  }

  // MARK: What the facts come to

  /// Whether the kernel may have written this file itself, holes and all.
  private var mayBeFile: Bool {
    !facts.isByProgram && facts.holes != .filled && !hasSystemdMarks
      // It seeks over the padding, and only a page of memory behind it makes the file longer.
      && facts.region != .padding
  }

  /// Whether the bytes may have gone through a pipe to a handler.
  private var mayBePipe: Bool { !facts.isByProgram && facts.holes != .present }

  private var hasSystemdMarks: Bool {
    !around.coredumpAttributes.isEmpty || around.isNamedBySystemd || around.journal != nil
  }

  /// Whether a size comes from the blocks of a disk or of a buffer rather than from a limit in bytes.
  private var isBlock: Bool { facts.alignment >= 512 }

  private var place: String {
    switch facts.region {
    case .headerTable: "the program header table"
    case .notes: "the notes"
    case .padding: "the padding between the notes and memory"
    case .memory: "memory"
    }
  }

  /// Where the cut lies that is at no unit's end.
  private var inside: String {
    facts.region == .padding ? "in \(place)" : "inside a unit of \(place)"
  }

  private var cutAtUnit: String {
    switch facts.region {
    case .memory: "The cut is at the end of a page, where the kernel stops by itself."
    case .padding:
      "The cut is at the end of the padding behind the notes, where the kernel stops by itself only when it writes into a pipe."
    case .headerTable, .notes:
      "The cut is at the end of a unit of \(place), where the kernel stops by itself."
    }
  }

  private var cutAnywhere: String {
    "The cut is \(inside), at \(facts.size) bytes, where the kernel never stops by itself."
  }

  private var withHoles: String {
    facts.isByProgram
      ? "Untouched pages are holes: it was written into a file."
      : "Untouched pages are holes: the kernel wrote it into a file, not into a pipe."
  }

  private var withoutHoles: String {
    facts.isByProgram
      ? "Untouched pages are written out as zeros: what wrote it makes no holes, or a copy filled them."
      : "Untouched pages are written out as zeros: it came through a pipe, or a copy filled its holes."
  }

  private var holeWords: [String] {
    switch facts.holes {
    case .present: [withHoles]
    case .filled: [withoutHoles]
    case .unknown: []
    }
  }

  // MARK: The rules

  private func running() -> CutCause? {
    if around.isGrowing {
      return CutCause(.running, .certain, ["The file became longer while it was looked at."])
    }
    guard around.isDumping else { return nil }
    return CutCause(.running, .likely, ["A process of its id and name is dumping core now."])
  }

  private func stream() -> CutCause? {
    if case .cut(let words) = around.container {
      return CutCause(.stream, .certain, ["The decoder says: \(words)."])
    }
    if around.container == .toldByNotes {
      return CutCause(
        .stream, .certain,
        ["The repair's notes say that the stream or the archive that it came in was damaged."])
    }
    guard around.container == .none, mayBePipe || facts.isByProgram, facts.holes != .unknown
    else { return nil }
    if !facts.isAtUnit {
      return CutCause(
        .stream, .possible,
        [cutAnywhere, "A cut .gz or .xz ends anywhere when it is unpacked."])
    }
    guard facts.alignment >= 128 << 10 else { return nil }
    return CutCause(
      .stream, .possible,
      ["The size is a multiple of 128 KiB, where a cut .zst ends when it is unpacked."])
  }

  private func systemdLimit() -> CutCause? {
    guard facts.holes != .present, !facts.isByProgram, [.padding, .memory].contains(facts.region)
    else { return nil }
    if let journal = around.journal, journal.isTruncated {
      return CutCause(
        .systemdLimit, .certain, ["systemd's journal says of this core: COREDUMP_TRUNCATED=1."])
    }
    let limit = around.coredumpAttributes["rlimit"].flatMap {
      UInt64(String(decoding: $0, as: UTF8.self))
    }
    if let limit, limit == facts.size {
      return CutCause(
        .systemdLimit, .certain,
        ["user.coredump.rlimit is \(limit), exactly the size found."])
    }
    let marks =
      around.coredumpAttributes.isEmpty
      ? "It is named as systemd-coredump names its files." : "It has user.coredump attributes."
    if hasSystemdMarks {
      let isExact = !facts.isAtUnit || facts.alignment >= 1 << 20
      return CutCause(
        .systemdLimit, isExact ? .likely : .possible,
        [marks, facts.isAtUnit ? "The size may be a limit." : cutAnywhere])
    }
    // Whoever packs a cut core leaves a whole stream of it, too. systemd packs by these, and by xz.
    if around.container == .whole, around.packing == .zstd || around.packing == .lz4 {
      let words = "The compressed stream is whole and what it holds is cut:"
      guard let limit = Self.systemdDefaults(facts.width).first(where: { $0 == facts.size })
      else {
        return CutCause(
          .systemdLimit, .possible,
          ["\(words) so systemd-coredump's limit leaves it, and so does whoever packs a cut core."])
      }
      return CutCause(
        .systemdLimit, .likely,
        [
          "\(words) at \(limit) bytes, which is a limit of systemd-coredump unless it is told another."
        ])
    }
    guard !facts.isAtUnit || facts.alignment >= 1 << 20 else { return nil }
    return CutCause(
      .systemdLimit, .possible,
      holeWords + ["A limit of systemd-coredump cuts at exactly its byte: \(facts.size)."])
  }

  /// Where systemd-coredump cuts a core of that class if nobody tells it to elsewhere.
  ///
  /// It keeps as many bytes as the larger of `ProcessSizeMax=` and `ExternalSizeMax=` says. Both are 2 GiB up to v250; since
  /// v251 they are 32 GiB, and 1 GiB where it is itself a 32-bit program, on machines whose cores are all 32-bit.
  /// `JournalSizeMax=` cuts nothing: a core that is larger than its 767 MiB is not put into the journal at all.
  ///
  /// Sources: PROCESS_SIZE_MAX, EXTERNAL_SIZE_MAX and save_external_coredump() in systemd's src/coredump; its commit e677041e7a
  /// (v250-767, pull request 22448) changed them; coredump.conf(5) has the later ones.
  static func systemdDefaults(_ width: ELFFormat.Width) -> [UInt64] {
    [2 << 30, width == .bits64 ? 32 << 30 : 1 << 30]
  }

  private func killed() -> CutCause? {
    if let status = around.exitStatus {
      let signal = status < 0 ? -status : status & 0x7f
      let shown = "The parent saw status \(status), signal \(signal)"
      guard signal == 9 else { return nil }
      return CutCause(
        .killed, .certain, ["\(shown): SIGKILL ended the process, no signal with a core."])
    }
    if facts.isByProgram {
      return CutCause(
        .killed, .possible, ["A program wrote it, not the kernel."])
    }
    guard facts.isAtUnit, !facts.endsInHole else { return nil }
    return CutCause(
      .killed, .possible, holeWords + [cutAtUnit])
  }

  private func rlimitFileSize() -> CutCause? {
    guard mayBeFile || facts.isByProgram, !facts.endsInHole else { return nil }
    if around.fileSizeLimit == facts.size {
      return CutCause(
        .rlimitFileSize, .likely, ["RLIMIT_FSIZE is \(facts.size) here, exactly the size found."])
    }
    guard !facts.isAtUnit else {
      // A page's end is a limit 1 time in 256 by chance, if limits are round.
      guard facts.alignment >= 1 << 20 else { return nil }
      return CutCause(
        .rlimitFileSize, .possible, ["The size is a multiple of 1 MiB, as limits are."])
    }
    // Limits are mostly set in units of 1 KiB, as blocks may be.
    let isAlone = !isBlock && facts.holes == .present
    let isSmallBlockAway = isBlock && (around.blockSize ?? 0) > facts.alignment
    let isLikely =
      isAlone || isSmallBlockAway && facts.holes == .present
      || facts.region != .memory && !isBlock && !facts.isByProgram
    return CutCause(.rlimitFileSize, isLikely ? .likely : .possible, [cutAnywhere] + holeWords)
  }

  private func rlimitCore() -> CutCause? {
    guard mayBeFile, facts.isAtUnit, !facts.endsInHole, let written = facts.written else {
      return unknownRlimitCore()
    }
    let window = written..<(written +| max(facts.nextUnit, 1))
    let words =
      "The kernel wrote \(written) bytes; a limit from that up to \(window.upperBound - 1) stops it here."
    if let limit = around.coreLimit, window.contains(limit) {
      return CutCause(.rlimitCore, .likely, [words, "RLIMIT_CORE is \(limit) here."])
    }
    guard let round = Self.roundNumber(in: window), round.odds >= 16 else {
      return CutCause(.rlimitCore, .possible, [cutAtUnit, words])
    }
    return CutCause(
      .rlimitCore, round.odds >= 128 ? .likely : .possible,
      [
        words,
        "\(round.value) is a round number in that window; by chance one is there 1 time in \(round.odds).",
      ])
  }

  /// Where holes were filled or can't be seen, the written bytes can't be told.
  private func unknownRlimitCore() -> CutCause? {
    guard mayBeFile, facts.isAtUnit, !facts.endsInHole, facts.written == nil else { return nil }
    return CutCause(
      .rlimitCore, .possible,
      [
        cutAtUnit,
        "How many bytes the kernel wrote can't be told: holes don't count against the limit.",
      ])
  }

  /// The roundest number in a window, and how rarely a window of that size has one that round.
  static func roundNumber(in window: Range<UInt64>) -> (value: UInt64, odds: UInt64)? {
    let steps = (10...40).map { UInt64(1) << UInt64($0) } + [1_000_000, 10_000_000, 100_000_000]
    let width = max(window.length, 1)
    var best: (value: UInt64, odds: UInt64)?
    for step in steps {
      let value = window.upperBound.advanced(by: -1) / step * step
      guard value >= window.lowerBound, value > 0, step / width >= 2 else { continue }
      if best.map({ $0.odds < step / width }) ?? true { best = (value, step / width) }
    }
    return best
  }

  private func noSpace() -> CutCause? {
    guard mayBeFile || facts.isByProgram, !facts.endsInHole else { return nil }
    let isFull = around.freeSpace.map { $0 < 1 << 20 } ?? false
    let full =
      isFull ? ["The file system has \(counted(around.freeSpace ?? 0, "byte")) free."] : []
    if facts.isAtUnit {
      return CutCause(.noSpace, isFull ? .likely : .possible, full + holeWords + [cutAtUnit])
    }
    guard isBlock else { return nil }
    // A block smaller than the file system's own was not what ran out, if the core was written here.
    let isOwnBlock = around.blockSize.map { $0 <= facts.alignment } ?? false
    let words =
      "The cut is \(inside), at a multiple of \(facts.alignment) bytes: a block of a file system."
    return CutCause(
      .noSpace, isFull || isOwnBlock && facts.region != .memory ? .likely : .possible,
      full + [words])
  }

  private func writeback() -> CutCause? {
    if facts.endsInHole {
      return CutCause(
        .writeback, .likely, ["The file ends in a hole; a dump never does."])
    }
    guard facts.endsInZeros else { return nil }
    return CutCause(
      .writeback, .possible,
      ["The last page is zeros, though untouched pages are holes elsewhere."])
  }

  private func pipeInterrupted() -> CutCause? {
    guard mayBePipe, facts.isAtUnit, !facts.endsInHole else { return nil }
    let ring = facts.hasRing ? ["The process had an io_uring open: anon_inode:[io_uring]."] : []
    return CutCause(
      .pipeInterrupted, facts.hasRing ? .likely : .possible,
      ring + holeWords + [cutAtUnit])
  }

  private func handler() -> CutCause? {
    guard mayBePipe else { return nil }
    return CutCause(.handler, .possible, holeWords + [facts.isAtUnit ? cutAtUnit : cutAnywhere])
  }

  private func freezer() -> CutCause? {
    guard facts.isAtUnit, !facts.isByProgram, !facts.endsInHole else { return nil }
    return CutCause(
      .freezer, .possible, holeWords + [cutAtUnit])
  }

  private func copy() -> CutCause? {
    guard facts.alignment >= 64 << 10 || facts.isByProgram || facts.endsInHole else { return nil }
    if facts.alignment >= 64 << 10 {
      return CutCause(
        .copy, .possible,
        [
          "The size is a multiple of \(min(facts.alignment, 128 << 10) / 1024) KiB, in which files are copied."
        ])
    }
    return CutCause(
      .copy, .possible,
      [
        facts.endsInHole
          ? "A copy that makes holes may end in one."
          : "A program wrote it, not the kernel."
      ])
  }
}
