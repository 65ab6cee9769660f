import SystemPackage

/// elfutils as a judge: `eu-readelf -n -l`.
public enum EUReadelf {
  private static let bad = [
    "invalid", "cannot get content", "cannot read", "cannot convert", "garbage", "out of range",
    "truncated", "error",
  ]

  /// What it finds wrong with a core's program headers and notes. Empty is good: it exits with 0,
  /// writes nothing to standard error, and no line of its output speaks of an error.
  public static func complaints(_ core: FilePath) throws -> [String] {
    let result = try Tool("eu-readelf", ["-n", "-l", core.string]).run()
    var found = result.ending == .exit(0) ? [] : ["\(result.ending)"]
    found += result.errorText.split(separator: "\n").map(String.init)
    // Names of files and the command line stand in the notes, and may hold any word.
    found += result.text.split(separator: "\n").map(String.init).filter { line in
      !line.contains("/") && !line.contains("psargs") && Self.bad.contains { line.contains($0) }
    }
    return found
  }
}
