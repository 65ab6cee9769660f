import Glibc

/// The environment of the test process.
public enum Environment {
  public static subscript(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// All of it, as it was when the process began.
  static let initial: [String: String] = {
    guard let bytes = try? ReferenceSource.contents(of: "/proc/self/environ") else { return [:] }
    var found: [String: String] = [:]
    for entry in bytes.split(separator: 0) {
      guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let name = String(decoding: entry[..<equals], as: UTF8.self)
      found[name] = String(decoding: entry[(equals + 1)...], as: UTF8.self)
    }
    return found
  }()
}
