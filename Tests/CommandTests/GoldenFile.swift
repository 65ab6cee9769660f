import SystemPackage
import TestSupport

/// A file of `Fixtures/golden/`.
struct GoldenFile {
  static let folder = SampleCores.fixtures.appending("golden")
  /// True if outputs are written down and not compared: `Scripts/golden.sh` does that.
  static let isRenewing = Environment["CORESALVAGE_RENEW_GOLDEN"] != nil
  /// How many lines of a difference are shown of either side.
  private static let shown = 12

  let path: FilePath

  init(of name: String) { path = Self.folder.appending(name + ".txt") }

  func write(_ text: String) throws {
    let file = try FileDescriptor.open(
      path, .writeOnly, options: [.create, .truncate],
      permissions: [.ownerReadWrite, .groupRead, .otherRead])
    try file.closeAfter { _ = try file.writeAll(Array(text.utf8)) }
  }

  /// How an output differs from the file, in words; nil if it doesn't, byte for byte.
  func difference(from found: String) throws -> String? {
    guard FileTree.exists(path) else { return "is missing\n" + Self.remedy }
    let kept = String(decoding: try ReferenceSource.contents(of: path), as: UTF8.self)
    // Not ==, to which different characters that look the same are equal.
    guard !kept.utf8.elementsEqual(found.utf8) else { return nil }
    return Self.difference(between: kept, and: found) + Self.remedy
  }

  private static let remedy =
    "If this is meant, Scripts/golden.sh writes Fixtures/golden anew; look at its git diff."

  /// The first lines that differ, after the command that they belong to. Where there are more or fewer lines than before, all
  /// between those that are the same at both ends.
  static func difference(between kept: String, and found: String) -> String {
    let old = lines(of: kept)
    let new = lines(of: found)
    let same = zip(old, new).map { $0.utf8.elementsEqual($1.utf8) }
    let head = same.firstIndex(of: false) ?? same.count
    let command = old.prefix(head).last { $0.hasPrefix("$ ") }
    let title = "from line \(head + 1) on\(command.map { ", after \($0)" } ?? "")\n"
    if old.count == new.count {
      let places = same.indices.filter { !same[$0] }
      return title
        + places.prefix(shown).map { "-\(old[$0])\n+\(new[$0])\n" }.joined()
        + (places.count > shown ? "… \(places.count - shown) more lines differ\n" : "")
    }
    let tail = zip(old.reversed(), new.reversed()).prefix { $0.utf8.elementsEqual($1.utf8) }.count
    let end = min(tail, min(old.count, new.count) - head)
    return title + part(old[head..<(old.count - end)], after: "-")
      + part(new[head..<(new.count - end)], after: "+")
  }

  private static func lines(of text: String) -> [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  private static func part(_ lines: ArraySlice<Substring>, after mark: String) -> String {
    let more = lines.count - shown
    return lines.prefix(shown).map { "\(mark)\($0)\n" }.joined()
      + (more > 0 ? "\(mark)… \(more) more lines\n" : "")
  }
}
