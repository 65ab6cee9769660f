package import CoreIO

/// The descriptor of the DOUBT note: what of the core is in doubt, and no list of lost ranges tells. Who repairs the core finds
/// it out by the way that it came, or by files; nobody could find it out by the core that is made of it.
package struct DoubtNote: Hashable, Sendable {
  package private(set) var doubts: [CoreVerdict.Reason]

  /// Of the descriptor, in bytes. Sentences name paths, and those are a stranger's.
  package static let largest = 1 << 20
  /// Nobody writes so many. Of a file that has more, those count.
  private static let most = 64
  private static let formatVersion: UInt64 = 1

  /// nil where nothing is in doubt. What the note has no room for is left out from its end.
  package init?(_ doubts: [CoreVerdict.Reason]) {
    guard !doubts.isEmpty else { return nil }
    self.doubts = Array(doubts.prefix(Self.most))
    while descriptor.count > Self.largest { self.doubts.removeLast() }
  }

  /// nil for what we don't understand. What it says is a file's word: no more is taken of it than can be printed.
  package init?(descriptor: [UInt8]) {
    let object = JSONReader.value(of: descriptor)
    guard object?["format"]?.number == Self.formatVersion, let list = object?["doubts"]?.array
    else { return nil }
    var doubts: [CoreVerdict.Reason] = []
    for item in list.prefix(Self.most) {
      guard case .string(let kind) = item["kind"], case .string(let text) = item["text"],
        case .bool(let isDamage) = item["damage"]
      else { return nil }
      doubts.append(
        .init(.init(rawValue: Self.printable(kind)), Self.printable(text), isDamage: isDamage))
    }
    self.doubts = doubts
  }

  /// A backslash begins an escape of whoever wrote it, and is not to be escaped again.
  private static func printable(_ text: String) -> String {
    text.utf8.split(separator: UInt8(ascii: "\\"), omittingEmptySubsequences: false)
      .map { PrintableText($0).description }.joined(separator: "\\")
  }

  package var descriptor: [UInt8] {
    let object = JSONValue.members([
      "format": .number(Self.formatVersion), "doubts": .array(doubts.map(\.json)),
    ])
    return Array(object.line.utf8)
  }

  /// The same of a core of which nothing else is asked; none where it can't be read.
  package static func all(in source: any ByteSource) -> [CoreVerdict.Reason] {
    guard let structure = try? Probe.structure(of: source) else { return [] }
    return (try? all(in: structure, source)) ?? []
  }

  /// Those of all repairs and of all that was left out, in the order of the notes, each once. Where one of the notes can't be
  /// understood, that itself is one.
  package static func all(
    in structure: CoreStructure, _ source: any ByteSource
  ) throws(SalvageError) -> [CoreVerdict.Reason] {
    var all: [CoreVerdict.Reason] = []
    func add(_ doubts: [CoreVerdict.Reason]) {
      // One of them, however many repairs have told it.
      for doubt in doubts where all.count < most && !all.contains(where: doubt.isSame) {
        all.append(doubt)
      }
    }
    for repair in PriorRepair.all(in: structure, source) {
      add(
        try repair.doubts() ?? [
          .init(.record, "The note of what is in doubt is damaged: more may be wrong than is told.")
        ])
    }
    return all
  }
}
