public import ArchiveFormat
public import CoreIO
public import SalvageArchive

extension Verification: CustomStringConvertible {
  /// A line, and one more for each fault; safe to print.
  public var description: String {
    let name = PrintableText(file)
    guard !isSound else {
      let parts = isBundle ? "a bundle" : counted(blocks, "block")
      let words = "\(name): sound, \(ByteCount(coreSize)) in \(ByteCount(size)), \(parts)"
      return
        ([isChecked ? words : words + "; no checksum vouches for its bytes"] + doubtLines)
        .joined(separator: "\n")
    }
    guard !isBundle else {
      return (["\(name): damaged, a bundle"] + faults.map { "  \($0.what)" } + doubtLines)
        .joined(separator: "\n")
    }
    let lost = faults.total(\.coreRange.length)
    var lines = ["\(name): damaged, \(ByteCount(lost)) of \(ByteCount(coreSize)) lost"]
    if version == 1 { lines.append("  " + ArchiveFault.oldFormat) }
    // What is lost with a cut has lines of its own.
    let words = lost == 0 ? ": nothing of the core is lost with it" : ""
    lines += faults.map { "  \($0)" + ($0.coreRange.isEmpty ? words : "") }
    return (lines + doubtLines).joined(separator: "\n")
  }

  private var doubtLines: [String] {
    doubts.map { "  its core is \($0.isDamage ? "damaged" : "in doubt"): \($0.words)" }
  }

  /// All of it, as one object.
  public var json: JSONValue {
    .members([
      "tool": .string(SalvageVersion.tool),
      "input": .string(PrintableText(file).description),
      "error": .null,
      "next": .string("coresalvage restore \(ShellWord(file)) restored.core"),
      "sound": .bool(isSound),
      "doubts": .array(doubts.map(\.json)),
      "checked": .bool(isChecked),
      "version": isBundle ? .null : .number(version),
      "size": .number(size),
      "coreSize": .number(coreSize),
      "blocks": isBundle ? .null : .number(UInt64(blocks)),
      "faults": .array(faults.map(\.json)),
    ])
  }
}

extension ArchiveFault: CustomStringConvertible {
  public var description: String {
    let place = range.isEmpty ? "" : " at \(range.lowerBound), \(ByteCount(range.length))"
    guard !coreRange.isEmpty else { return what + place }
    return what + place
      + ": offsets \(coreRange.lowerBound) to \(coreRange.upperBound) of the core are lost"
  }

  fileprivate var json: JSONValue {
    .members([
      "what": .string(what),
      "offset": .number(range.lowerBound),
      "length": .number(range.length),
      "coreOffset": coreRange.isEmpty ? .null : .number(coreRange.lowerBound),
      "coreLength": .number(coreRange.length),
    ])
  }
}
