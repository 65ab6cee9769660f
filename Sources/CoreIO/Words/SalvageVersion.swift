/// The version of library and command.
public enum SalvageVersion {
  /// As `coresalvage --version` and the notes of repaired cores have it.
  public static let current = "0.1.0"
  /// Name and version, as all that is written has them.
  public static let tool = "coresalvage \(current)"
}
