internal import CoreModel
public import Salvage

extension Inspection {
  /// Whether the core is whole, all of it could be read, and nothing is wrong with the bundle that it came in.
  public var isSound: Bool { isWhole && unreadable.isEmpty && !isInDamagedBundle }

  /// One line: which core, whether it is whole, what is wrong with the stream or the archive that it came in, what of it can't
  /// be read, and when its process died.
  public var checkText: String {
    var words = ([headlineText] + wrappingDamage).joined(separator: "; ")
    if let unreadableText { words += "; \(unreadableText)" }
    if let died = report.died, died.doubt == nil { words += "; died \(died)" }
    return words
  }

  /// What is wrong with what it came in, in words.
  var wrappingDamage: [String] {
    let wayIn = report.wayIn
    return [wayIn.streamDamageWords].compactMap(\.self) + wayIn.archiveRemarks
  }
}
