package import CoreIO
public import CoreModel

extension DeathTime: CustomStringConvertible {
  /// When, and what tells it: `2026-11-29 06:27:31.004212 UTC, by the file's mtime`. What can't be right is said to be none.
  public var description: String {
    let moment = UTCTime(microseconds: microseconds)
    guard let doubt else { return "\(moment), by \(sourceWords)" }
    return "not known: \(sourceWords) says \(moment), which is \(doubt)"
  }

  private var sourceWords: String {
    switch source {
    case .capture: "its capture"
    case .systemd: "systemd's attribute"
    case .bundle: "the bundle's entry"
    case .mtime: "the file's mtime"
    }
  }

  /// The same as an object.
  package var json: JSONValue {
    guard case .object(let members) = noteJSON else { return noteJSON }
    return .object(
      members + [.init(name: "doubt", value: doubt.map(JSONValue.string) ?? .null)])
  }
}
