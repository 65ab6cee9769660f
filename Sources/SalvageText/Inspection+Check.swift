internal import CoreModel
public import Salvage

extension Inspection {
  /// One line: which core, whether it is whole, what of it can't be read, and when its process died.
  public var checkText: String {
    var words = headlineText
    if let unreadableText { words += "; \(unreadableText)" }
    if let died = report.died, died.doubt == nil { words += "; died \(died)" }
    return words
  }
}
