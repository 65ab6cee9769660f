package import ELFCore

/// What is known of the notes that Linux, gdb and we write into cores, by owner and type.
package struct KnownNotes {
  /// The size that notes of a type have in this core, for types whose notes all have one.
  private var sizes: [Key: UInt64] = [:]
  /// The same of the few types that `agrees` asks for.
  private var agreed: [(kind: Note.Kind, size: UInt64)] = []

  fileprivate struct Key: Hashable {
    let isLinux: Bool
    let kind: Note.Kind
  }

  /// How often notes of a type have a size.
  package struct Tally {
    fileprivate var counts: [Key: [UInt64: Int]] = [:]
    /// A core has one or two sizes of a type, a damaged one some more; a hostile one has millions.
    private static let mostSizes = 1000

    package mutating func add(_ note: Note) {
      guard let key = KnownNotes.key(note) else { return }
      let sizes = counts[key] ?? [:]
      guard sizes.count < Self.mostSizes || sizes[note.descriptorSize] != nil,
        counts.count < Self.mostSizes || !sizes.isEmpty
      else { return }
      counts[key, default: [:]][note.descriptorSize, default: 0] += 1
    }
  }

  /// A header and the shortest of these owners, padded.
  static let shortest = 20
  package static let core = Array("CORE".utf8)
  package static let linux = Array("LINUX".utf8)

  /// The one array that stands for the owner in these bytes, which end in its NUL, where it is one of the two that nearly all
  /// notes have; nil for another.
  static func owner(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
    func isIt(_ owner: [UInt8]) -> Bool {
      bytes.count == owner.count + 1 && bytes.last == 0 && bytes.starts(with: owner)
    }
    return isIt(core) ? core : isIt(linux) ? linux : nil
  }

  /// Whether somebody writes notes of this owner and type.
  package static func knows(_ note: Note) -> Bool {
    guard Int(note.ownerSize) == note.owner.count + 1 else { return false }
    // Linux has 1 to 6 of the small numbers, Solaris those up to 29.
    if note.owner == core {
      return (1...29).contains(note.kind.rawValue)
        || [.signalInfo, .mappedFiles].contains(note.kind)
    }
    if note.owner == linux {
      return note.kind == .extendedFloatingPoint || (0x100..<0x1000).contains(note.kind.rawValue)
    }
    return note.owner == SalvageNote.owner && note.kind.rawValue >> 8 == 0x53_414C
  }

  /// Whether an owner that we know may begin with this byte: nearly all places fail here.
  static func mayBegin(with byte: UInt8) -> Bool {
    byte == UInt8(ascii: "C") || byte == UInt8(ascii: "L")
  }

  /// Whether an owner that we know may begin with these bytes: a look before anything is read.
  static func mayBegin(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.starts(with: core) || bytes.starts(with: linux) || bytes.starts(with: SalvageNote.owner)
  }

  /// Whether notes of its type all have one size in a core.
  static func hasOneSize(_ note: Note) -> Bool {
    note.owner == core
      && [.threadStatus, .floatingPoint, .processInfo, .signalInfo].contains(note.kind)
  }

  /// Whether there is one of its type in a core.
  static func isSingle(_ note: Note) -> Bool {
    note.owner == core
      && [.processInfo, .auxiliaryVector, .signalInfo, .mappedFiles].contains(note.kind)
  }

  /// Whether it holds registers of the thread whose NT_PRSTATUS comes before it.
  static func belongsToThread(_ note: Note) -> Bool {
    note.owner == linux || note.owner == core && note.kind == .floatingPoint
  }

  private static func key(_ note: Note) -> Key? {
    guard note.owner == linux || hasOneSize(note) else { return nil }
    return Key(isLinux: note.owner == linux, kind: note.kind)
  }

  /// The sizes that Linux gives notes of a type on machines of a word size; empty for types that have other ones on each.
  package static func sizes(of note: Note, in format: ELFFormat) -> [UInt64] {
    guard note.owner == core else { return [] }
    switch note.kind {
    case .signalInfo: return [128]
    // With user ids of 2 or 4 bytes.
    case .processInfo: return format.wordSize == 8 ? [136] : [124, 128]
    default: return []
    }
  }

  /// How many zeros the descriptor of a type may end in at most, as far as its layout tells; 0 where it tells nothing.
  static func lastZeros(of note: Note, in format: ELFFormat) -> Int {
    guard note.owner == core else { return 0 }
    switch note.kind {
    // `pr_fpvalid`, an int that the kernel sets to 1, and its padding.
    case .threadStatus: return format.wordSize - 1
    // AT_NULL and its value, behind a value that is not 0.
    case .auxiliaryVector: return 3 * format.wordSize - 1
    // The NUL of a command line, or of a path and its padding.
    case .processInfo: return 1
    case .mappedFiles: return 4
    default: return 0
    }
  }

  /// Whether it has none of the sizes that its type has.
  static func isMissized(_ note: Note, in format: ELFFormat) -> Bool {
    let sizes = sizes(of: note, in: format)
    return !sizes.isEmpty && !sizes.contains(note.descriptorSize)
  }

  /// The size that its type has; nil where that is not known.
  package func size(of note: Note) -> UInt64? { Self.key(note).flatMap { sizes[$0] } }

  /// Whether its size is not the one that its type has in this core.
  func contradicts(_ note: Note) -> Bool {
    guard Self.hasOneSize(note), let size = size(of: note) else { return false }
    return size != note.descriptorSize
  }

  /// Nothing is known yet.
  init() {}

  /// From notes that others follow: of each type the size that most of them have.
  init(_ tally: Tally) {
    for (key, sizesOfKey) in tally.counts {
      let most = sizesOfKey.values.max() ?? 0
      sizes[key] = sizesOfKey.filter { $0.value == most }.keys.min()
    }
  }

  /// Whether its size is the one of the notes of its type before it.
  package mutating func agrees(with note: Note) -> Bool {
    guard Self.hasOneSize(note) else { return true }
    guard let known = agreed.first(where: { $0.kind == note.kind }) else {
      agreed.append((note.kind, note.descriptorSize))
      return true
    }
    return known.size == note.descriptorSize
  }
}

extension Note {
  /// Whether its header is zeros: what no writer writes, and every reader takes for a note.
  package var isEmpty: Bool { ownerSize == 0 && descriptorSize == 0 && kind.rawValue == 0 }

  /// Whether its owner is what every writer gives: printable ASCII and one NUL.
  var hasGoodName: Bool {
    // esp-coredump counts the padding after the name, too.
    !owner.isEmpty
      && (Int(ownerSize) == owner.count + 1 || Int(ownerSize) == (owner.count + 4) / 4 * 4)
      && owner.allSatisfy { (0x20..<0x7f).contains($0) }
  }

  /// All of it but the padding after it.
  package var fileRange: Range<UInt64> { fileOffset..<fileEnd }
}
