internal import CoreModel
public import Salvage

/// A picture of the address space in some lines of a terminal: the kind of memory, and under it what was lost.
public struct MemoryStrip: Hashable, Sendable {
  /// Two lines of the picture, then what its letters mean.
  public let lines: [String]

  /// For a terminal of `width` columns; no lines where it is too narrow for a picture, or nothing was mapped.
  public init(_ inspection: Inspection, width: Int, hasColour: Bool) {
    let runs = MapRun.runs(inspection.mappings, most: max(1, width / 2))
    guard !runs.isEmpty, width >= 10 else {
      lines = []
      return
    }
    let widths = MapRun.widths(runs, width: width)
    var kinds = ""
    var states = ""
    for (run, columns) in zip(runs, widths) {
      kinds += Self.painted(
        String(repeating: run.kind.letter, count: columns), Self.colour(run.kind), hasColour)
      states += Self.state(run, columns, hasColour)
    }
    let used = MemoryKind.allCases.filter { kind in runs.contains { $0.kind == kind } }
    let legend = used.map {
      Self.painted(String($0.letter), Self.colour($0), hasColour) + " " + $0.rawValue
    }
    let marks = [("=", "survived", 32), ("x", "lost", 31)].map {
      Self.painted($0.0, $0.2, hasColour) + " " + $0.1
    }
    lines = [kinds, states] + Self.wrapped(legend + marks, used.map(\.rawValue.count), width)
  }

  /// How much of a stretch survived: the part that did comes first, for a cut takes the end.
  private static func state(_ run: MapRun, _ columns: Int, _ hasColour: Bool) -> String {
    // A lost byte is never shown as saved: a column is whole only if all that it stands for is.
    let whole = run.dumped.share(of: columns)
    return painted(String(repeating: "=", count: whole), 32, hasColour)
      + painted(String(repeating: "x", count: columns - whole), 31, hasColour)
  }

  /// Foreground colours that both light and dark terminals show: neither white nor black; what has none is as text is.
  private static func colour(_ kind: MemoryKind) -> Int? {
    switch kind {
    case .program: 34
    case .libraries: 36
    case .heap: 33
    case .threadStacks: 35
    case .mainStack: 95
    case .shared: 94
    case .files: 96
    case .anonymous, .vdso: nil
    }
  }

  private static func painted(_ text: String, _ colour: Int?, _ hasColour: Bool) -> String {
    guard hasColour, let colour, !text.isEmpty else { return text }
    return "\u{1b}[\(colour)m\(text)\u{1b}[0m"
  }

  /// Words in as many lines as they need. Their widths are counted without colours.
  private static func wrapped(_ words: [String], _ known: [Int], _ width: Int) -> [String] {
    var lines: [String] = []
    var column = 0
    for (index, word) in words.enumerated() {
      let length = 2 + (index < known.count ? known[index] : 8)
      if lines.isEmpty || column + 3 + length > width {
        lines.append(word)
        column = length
      } else {
        lines[lines.count - 1] += "   " + word
        column += 3 + length
      }
    }
    return lines
  }
}
